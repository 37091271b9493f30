"""The modules of the widget, as they were built and as they stay: who pasted one with its digest into a page
years ago is still served those bytes.

`ticker.js` and `ticker.css` beside this file are what a module is built from, by `make widget`; nothing
serves them.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha384
from pathlib import Path

BUILT = Path(__file__).with_name("built")


@dataclass(frozen=True, slots=True)
class Module:
    """A built version of the widget: its script, which holds its style sheet too, and that sheet for trees
    that are rendered by the server.
    """

    version: str
    script: bytes
    style: bytes

    @property
    def integrity(self) -> str:
        """The digest of the script as pages name it (W3C, Subresource Integrity)."""
        return integrity(self.script)


def integrity(content: bytes) -> str:
    """The digest of `content` as Subresource Integrity has it."""
    return f"sha384-{b64encode(sha384(content).digest()).decode()}"


def number(version: str) -> tuple[int, ...]:
    """A version by which it can be sorted: of `1.10.0` its three numbers."""
    return tuple(map(int, version.split(".")))


def _load(folder: Path) -> Mapping[str, Module]:
    versions = sorted((each.name for each in folder.iterdir()), key=number)
    read = {
        each: [(folder / each / name).read_bytes() for name in ("ticker.js", "ticker.css")]
        for each in versions
    }
    return {each: Module(each, script, style) for each, (script, style) in read.items()}


MODULES = _load(BUILT)
"""Every version that was ever released, the oldest first."""

CURRENT = [*MODULES.values()][-1]

FLOATING: Mapping[str, Module] = {str(number(version)[0]): module for version, module in MODULES.items()}
"""The newest of each major version."""
