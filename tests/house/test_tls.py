"""Certificates are always verified: nothing in app/ can switch that off."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import tree

NAMES = {
    "CERT_NONE",
    "CERT_OPTIONAL",
    "_create_unverified_context",
    "_create_stdlib_context",
    "check_hostname",
    "verify_mode",
    "disable_warnings",
    "trust_env",
    "SSLContext",
}
KEYWORDS = {"verify", "cert_reqs", "assert_hostname", "ssl", "verify_ssl", "ssl_context", "trust_env"}


def leniences(source: str) -> Iterator[tuple[int, str]]:
    """The line and kind of everything in this source that could make TLS less strict."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) if name in NAMES:
                yield node.lineno, name
            case ast.keyword(arg=str(name)) if name in KEYWORDS | NAMES:
                yield node.value.lineno, name
            case ast.Constant(value=str(name)) if name in KEYWORDS | NAMES:
                yield node.lineno, repr(name)


@pytest.mark.parametrize("path", tree.modules(""), ids=lambda path: str(path.relative_to(tree.ROOT)))
def test_no_lenience_in(path: Path) -> None:
    found = list(leniences(path.read_text(encoding="utf-8")))
    assert not found, "; ".join(f"line {line}: {kind}" for line, kind in found)


@pytest.mark.parametrize(
    "source",
    [
        "httpx.AsyncClient(verify=False)",
        "httpx.get(url, verify=lenient)",
        "context.check_hostname = False",
        "context.verify_mode = ssl.CERT_NONE",
        "ssl._create_default_https_context = ssl._create_unverified_context",
        "from ssl import CERT_NONE",
        "context = ssl.SSLContext()",
        "open_connection(host, ssl=context)",
        "httpx.AsyncClient(**{'verify': False})",
        "setattr(context, 'check_hostname', False)",
    ],
)
def test_a_lenience_is_found_in(source: str) -> None:
    assert list(leniences(source))


def test_what_names_an_error_of_tls_is_let_through() -> None:
    assert not list(leniences("import ssl\nssl.SSLCertVerificationError\ncause.verify_message"))
