"""The image without a container engine: the Dockerfile's own steps, taken in empty directories."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
import yaml

from tests.house import dockerfile, tree

BUILD, FINAL = dockerfile.stages()
TARGETS = set(re.findall(r"^([a-z-]+):", (tree.ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
STEPS = [step for step in (*BUILD, *FINAL) if step.word in ("RUN", "CMD", "HEALTHCHECK")]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step.word} {step.command[-1]}")
def test_each_step_is_a_target_of_the_makefile(step: dockerfile.Instruction) -> None:
    make, target = step.command
    assert make == "make"
    assert target in TARGETS


def test_the_image_does_not_run_as_root() -> None:
    words = [step.word for step in FINAL]
    (user,) = (step.rest for step in FINAL if step.word == "USER")
    assert user.partition(":")[0] not in ("root", "0")
    assert words.index("USER") < words.index("CMD")
    makefile = (tree.ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"\nOWNER ?= {user.partition(':')[0]}\n" in makefile, "who owns the store must be who runs"


def test_the_image_looks_after_its_own_health() -> None:
    (health,) = (step for step in FINAL if step.word == "HEALTHCHECK")
    (serve,) = (step for step in FINAL if step.word == "CMD")
    assert health.command == ["make", "docker-health"]
    assert serve.command == ["make", "docker-serve"]


def test_the_makefile_and_the_image_agree_where_things_are() -> None:
    makefile = (tree.ROOT / "Makefile").read_text(encoding="utf-8")
    (prefix,) = (step.rest.split()[-1] for step in FINAL if "silkrate" in step.rest and step.word == "COPY")
    (data,) = (step.rest for step in FINAL if step.word == "VOLUME")
    assert f"\nPREFIX ?= {prefix}\n" in makefile
    assert f"\nDATA ?= {data}\n" in makefile
    assert dockerfile.environment(FINAL)["SILKRATE_DATABASE_URL"] == f"sqlite:///{data}/silkrate.db"


def test_compose_runs_one_service_that_can_change_nothing_but_its_volume() -> None:
    compose = yaml.safe_load((tree.ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    ((name, service),) = compose["services"].items()
    assert name == "silkrate"
    assert service["environment"] == {"SILKRATE_DATABASE_URL": "sqlite:////data/silkrate.db"}
    assert service["volumes"] == ["data:/data"]
    assert "data" in compose["volumes"]
    assert service["restart"] == "unless-stopped"
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["healthcheck"]["test"] == ["CMD", "make", "docker-health"]


class Image:
    """The steps of the image on this machine: each stage in a directory, all below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.variables = {
            "PYTHON": sys.executable,
            "PREFIX": str(root / "opt"),
            "DATA": str(root / "data"),
            "OWNER": str(os.getuid()),
        }
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.port = free.getsockname()[1]
        self.env = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("SILKRATE_", "MAKE"))
            },
            **dockerfile.environment(FINAL),
            "SILKRATE_HOST": "127.0.0.1",
            "SILKRATE_PORT": str(self.port),
            "SILKRATE_DATABASE_URL": f"sqlite:///{root}/data/silkrate.db",
            "SILKRATE_SOURCES": "peg",
        }

    def command(self, step: dockerfile.Instruction) -> list[str]:
        """The step's command, with the places of this machine."""
        return [*step.command, *(f"{name}={value}" for name, value in self.variables.items())]

    def build(self, stage: list[dockerfile.Instruction], name: str) -> Path:
        """Take the COPY and RUN steps of a stage in a directory of its own, which is returned."""
        here = self.root / name
        here.mkdir()
        for step in stage:
            if step.word == "COPY":
                step.copy(here)
            if step.word == "RUN":
                subprocess.run(self.command(step), cwd=here, env=self.env, check=True, timeout=300)
        return here

    def health(self, here: Path) -> int:
        """The exit status of the health check."""
        (step,) = (step for step in FINAL if step.word == "HEALTHCHECK")
        run = subprocess.run(
            self.command(step), cwd=here, env=self.env, check=False, timeout=30, stderr=subprocess.DEVNULL
        )
        return run.returncode

    @contextmanager
    def serve(self, here: Path) -> Iterator[subprocess.Popen[bytes]]:
        """Run CMD until /livez answers; what still runs at the end is killed."""
        (step,) = (step for step in FINAL if step.word == "CMD")
        with subprocess.Popen(self.command(step), cwd=here, env=self.env, start_new_session=True) as process:
            try:
                assert self.answers(within=30), "/livez did not answer within 30 seconds"
                yield process
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    def answers(self, within: float) -> bool:
        """Whether /livez says 200 before this many seconds have passed."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            try:
                return httpx.get(f"http://127.0.0.1:{self.port}/livez").status_code == 200
            except httpx.TransportError:
                time.sleep(0.05)
        return False


def children(pid: int) -> list[int]:
    """The processes that this one started and that still run."""
    listed = subprocess.run(
        ["ps", "-eo", "ppid=,pid="], check=True, capture_output=True, text=True, timeout=10
    )
    pairs = (map(int, line.split()) for line in listed.stdout.splitlines())
    return [child for parent, child in pairs if parent == pid]


@pytest.mark.slow
def test_the_steps_of_the_image_build_serve_and_stop_in_order(tmp_path: Path) -> None:
    image = Image(tmp_path)
    image.build(BUILD, "build")
    here = image.build(FINAL, "final")
    assert [path.name for path in here.iterdir()] == ["Makefile"]
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert image.health(here) != 0, "nothing runs yet"

    with image.serve(here) as make:
        assert image.health(here) == 0
        (service,) = children(make.pid)
        os.kill(service, signal.SIGTERM)
        assert make.wait(timeout=10) == 0, "the service ends on SIGTERM with status 0"

    with image.serve(here) as make:
        (service,) = children(make.pid)
        make.send_signal(signal.SIGTERM)
        assert make.wait(timeout=10) == -signal.SIGTERM, "make waits for its recipe, then ends by the signal"
        with pytest.raises(ProcessLookupError):
            os.kill(service, 0)
