"""The command `silkrate`.

This file, `app/__init__.py` and `app/__main__.py` hold nothing that an old Python cannot parse: it gets a
sentence, not a SyntaxError.
"""

import gc
import sys

OLDEST = (3, 11)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    if sys.version_info < OLDEST:
        sys.exit(f"silkrate: Python 3.11 or newer is needed; {sys.executable} is {sys.version.split()[0]}")
    try:
        from app.cli.commands import run  # not before the version is known to do

        code = run()
        gc.freeze()  # or Python looks through all that it is about to give back: up to a second, for nothing
        sys.exit(code)
    except KeyboardInterrupt:
        sys.exit(130)
