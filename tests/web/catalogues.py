"""`make words`: brings the catalogues of app/web/locales in line with what the templates say. What is new in
them is there to be translated, what is said no more is dropped.

With `--check` nothing is written: it is told what would be.
"""

from __future__ import annotations

import argparse
import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from app.web.pages.words import DEFAULT, FOLDER, NAMES

TEMPLATES = FOLDER.parent / "templates"
LANGUAGES = [tag for tag in NAMES if tag != DEFAULT.tag]
"""Those that have a catalogue."""

OPTIONS = {"**.html": {"newstyle_gettext": "true", "trimmed": "true", "silent": "false"}}


def said() -> Catalog:
    """What the templates say, with where they do."""
    catalog = Catalog(fuzzy=False)
    found = extract_from_dir(TEMPLATES, [("**.html", "jinja2")], OPTIONS)
    for name, _, message, comments, context in sorted(found, key=lambda each: (each[0], each[1])):
        catalog.add(message, locations=[(name, 0)], auto_comments=comments, context=context)
    return catalog


def known(tag: str) -> Catalog:
    """The catalogue of a language as it is."""
    path = FOLDER / f"{tag}.po"
    if not path.exists():
        return Catalog(fuzzy=False)
    with path.open("rb") as file:
        return read_po(file)


def written(tag: str) -> bytes:
    """The catalogue of a language as it should be, as a file."""
    told, before = said(), known(tag)
    catalog = Catalog(fuzzy=False)
    for message in told:
        if message.id:
            kept = before.get(message.id, message.context)
            catalog.add(message.id, kept.string if kept else "", locations=message.locations)
    file = BytesIO()
    write_po(file, catalog, width=110, omit_header=True, include_lineno=False)
    head = f'msgid ""\nmsgstr ""\n"Language: {tag}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    return head.encode() + file.getvalue().lstrip()


def main(check: bool) -> int:
    """Write what differs, or tell of it; the exit code."""
    differ = 0
    for tag in LANGUAGES:
        path, content = FOLDER / f"{tag}.po", written(tag)
        if path.exists() and path.read_bytes() == content:
            continue
        differ += 1
        print(f"{path.relative_to(Path.cwd())} {'differs: make words' if check else 'written'}")
        if not check:
            path.write_bytes(content)
    return min(differ, 1) if check else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.web.catalogues", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    sys.exit(main(parser.parse_args().check))
