"""The tree speaks of the project alone: nothing half done, nothing of the machine it was made on."""

import re

from tests.house import tree

# one letter of each word stands in brackets, or this file would find itself
FORBIDDEN = re.compile(
    r"\b(?:T[O]DO|F[I]XME)\b"  # unfinished
    r"|\.\./[s]hared|(?<![\w.])/(?:[w]ork|[h]ome|[U]sers|[r]oot)/"  # somebody's machine
    r"|[p]ypi\.org|[p]ythonhosted|[n]pmjs\.|[c]rates\.io|[g]hcr\.io|https?://\S+\.(?:whl|tar\.gz|tgz|deb)\b"
)


def test_the_tree_speaks_only_of_itself() -> None:
    found = [
        f"{path.relative_to(tree.ROOT)}:{number}: {line.strip()[:100]}"
        for path in tree.files()
        if "vendor" not in path.parts  # other people's words
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if FORBIDDEN.search(line)
    ]
    assert not found, "\n".join(found)


def test_such_words_are_found_and_no_others() -> None:
    for word in ("# TO-DO: later", "../s-hared/x", "see /w-ork/y", "https://p-ypi.org", "http://h/a.w-hl"):
        assert FORBIDDEN.search(word.replace("-", "", 1)), word
    plain = "a network/w-ork/load of homework at http://127.0.0.1:8000/livez, v1/w-ork/"
    assert not FORBIDDEN.search(plain.replace("-", ""))
