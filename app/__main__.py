"""`python -m app` is `silkrate`."""

from app.cli import main

main()
