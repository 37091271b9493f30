"""What the pages say, in each language: their templates are written in English, and the catalogues of
`app/web/locales` (gettext, a file a language) have it in the others. Numbers, days and names of currencies
are those of `render/locale`, as everywhere.
"""

from __future__ import annotations

from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from jinja2 import pass_context
from jinja2.runtime import Context

from app.render.locale import Language, language, looked_up
from app.web.coding import weighted

FOLDER = Path(__file__).parents[1] / "locales"

NAMES = {
    "ky": "Кыргызча",
    "kk": "Қазақша",
    "tg": "Тоҷикӣ",
    "uz": "O‘zbekcha",
    "uz-Cyrl": "Ўзбекча",
    "tk": "Türkmençe",
    "ru": "Русский",
    "en": "English",
}
"""What each language calls itself: how readers find their own."""

DEFAULT = language("en")


@cache
def translations(tag: str) -> NullTranslations:
    """The catalogue of a language, read when a page is first asked for in it; that of English is empty."""
    if tag == DEFAULT.tag:
        return NullTranslations()
    # here, or whoever reads English alone would wait for it
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po
    from babel.support import Translations

    compiled = BytesIO()
    with (FOLDER / f"{tag}.po").open("rb") as file:
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    return Translations(compiled)


@pass_context
def gettext(context: Context, message: str) -> str:
    """A message of a template in the language of the page."""
    return translations(context["words"].tag).gettext(message)


@pass_context
def ngettext(context: Context, singular: str, plural: str, number: int) -> str:
    """The same of a message that counts."""
    return translations(context["words"].tag).ngettext(singular, plural, number)


def preferred(accept_language: str) -> Language:
    """The language that the header Accept-Language likes best of those that there are; English where it
    likes none.
    """
    wanted = sorted(map(weighted, accept_language.split(",")), key=lambda each: -each[1])
    liked = (looked_up(name) for name, weight in wanted if weight)
    return next(filter(None, liked), DEFAULT)
