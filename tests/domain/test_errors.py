import re
from collections import Counter

import pytest

from app.domain import errors
from app.domain.errors import (
    BadBody,
    BadParameter,
    NoRateYet,
    NothingThere,
    QuestionError,
    SourceError,
    StoreError,
)

CLASSES = {
    name: each
    for name, each in vars(errors).items()
    if isinstance(each, type) and each.__module__ == errors.__name__
}
BRANCH = re.compile(r"(?P<indent>[│ ]*)(?P<tip>[├└]── )?(?P<name>[A-Z]\w+)(?: {2,}(?P<meaning>\S.*))?")
INDENT = len("│   ")


def drawn_tree() -> dict[str, str | None]:
    """Each class that the module's docstring draws, with the one it hangs from."""
    lines = (errors.__doc__ or "").split("\n\n")[1].splitlines()
    parents: dict[str, str | None] = {}
    path: list[str] = []
    for line in lines:
        branch = BRANCH.fullmatch(line)
        assert branch, f"no branch of a tree: {line!r}"
        depth = len(branch["indent"]) // INDENT + 1 if branch["tip"] else 0
        path[depth:] = [branch["name"]]
        assert len(path) == depth + 1, f"hangs in the air: {line!r}"
        assert depth == 0 or branch["meaning"], f"says nothing of itself: {line!r}"
        parents[branch["name"]] = path[depth - 1] if depth else None
    return parents


def test_the_drawn_tree_has_every_class_and_no_other() -> None:
    assert sorted(drawn_tree()) == sorted(CLASSES)


def test_the_drawn_tree_is_the_class_hierarchy() -> None:
    for name, parent in drawn_tree().items():
        bases = [base.__name__ for base in CLASSES[name].__bases__]
        assert bases == [parent or "Exception"], name


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_class_has_a_slug_and_a_meaning_of_its_own(name: str) -> None:
    each = CLASSES[name]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", vars(each)["type"])
    assert each.__doc__


def test_no_two_classes_share_a_slug() -> None:
    assert max(Counter(vars(each)["type"] for each in CLASSES.values()).values()) == 1


def test_a_question_error_keeps_its_pieces_apart() -> None:
    error = BadParameter("limit=0 is too few.", parameter="limit", expected="1 to 10000")
    assert isinstance(error, QuestionError)
    assert (str(error), error.parameter, error.expected) == ("limit=0 is too few.", "limit", "1 to 10000")


def test_nothing_there_names_its_pair() -> None:
    error = NoRateYet("No rate of KGS/USD has been recorded yet.", pair="KGS/USD")
    assert isinstance(error, NothingThere)
    assert (error.pair, error.type) == ("KGS/USD", "no-rate-yet")


def test_a_source_error_begins_with_the_sources_key() -> None:
    error = BadBody("nbkr", "no row of USD")
    assert isinstance(error, SourceError)
    assert (str(error), error.source, error.type) == ("nbkr: no row of USD", "nbkr", "bad-body")
    assert not isinstance(error, StoreError)
