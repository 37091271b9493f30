"""The Dockerfile, read as its instructions: enough for the ones this project uses."""

import dataclasses
import json
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.house import tree


@dataclasses.dataclass(frozen=True)
class Instruction:
    """One instruction: its word in capitals, and the rest of its line."""

    word: str
    rest: str

    @property
    def command(self) -> list[str]:
        """The words that run: of RUN, of CMD and of the CMD inside HEALTHCHECK."""
        rest = self.rest.partition("CMD ")[2] if self.word == "HEALTHCHECK" else self.rest
        words: list[str] = json.loads(rest) if rest.startswith("[") else shlex.split(rest)
        return words

    def copy(self, here: Path) -> None:
        """Do what COPY does, from the project into `here`; other stages are not the project."""
        if "--from=" in self.rest:
            return
        *sources, target = self.rest.split()
        for source in map(tree.ROOT.joinpath, sources):
            if source.is_dir():
                shutil.copytree(source, here / target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, here / target)


def instructions() -> list[Instruction]:
    """Every instruction, continued lines joined, comments left out."""
    text = (tree.ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", text)).splitlines()
    return [Instruction(*line.split(maxsplit=1)) for line in lines if line.strip()]


def stages() -> Iterator[list[Instruction]]:
    """The instructions of each stage, its FROM first."""
    stage: list[Instruction] = []
    for instruction in instructions():
        if instruction.word == "FROM" and stage:
            yield stage
            stage = []
        stage.append(instruction)
    yield stage


def environment(stage: list[Instruction]) -> dict[str, str]:
    """The variables this stage sets."""
    words = (word for each in stage if each.word == "ENV" for word in shlex.split(each.rest))
    return {name: value for name, _, value in (word.partition("=") for word in words)}
