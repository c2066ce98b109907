"""Builds deploy/container/Containerfile without a container engine: every step is carried out.

Each stage is a layer over this machine's own root, which stands in for the base image: Debian 12
with Python 3.11. A step runs in it by chroot.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from dockerfile_parse import DockerfileParser

ROOT = Path(__file__).resolve().parents[2]
CONTAINERFILE = ROOT / "deploy" / "container" / "Containerfile"
CACHE = ROOT / "var" / "image-cache"
INSIDE = Path(__file__).with_name("inside.py")
BASE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# how this machine reaches package registries is no part of the image
MACHINES_OWN = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "PIP_")
STEP_SECONDS = 900


@dataclass(frozen=True)
class Step:
    """An instruction, such as COPY; its flags; and what follows, with continued lines joined."""

    verb: str
    flags: dict[str, str]
    text: str

    @property
    def words(self) -> list[str]:
        return shlex.split(self.text)

    @property
    def pairs(self) -> dict[str, str]:
        return {name: value for name, _, value in (word.partition("=") for word in self.words)}


@dataclass
class Stage:
    """What has been built so far: the folder of its layer, and what it says of running it."""

    folder: Path
    arguments: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": BASE_PATH})
    labels: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    user: str = "0:0"
    entrypoint: Sequence[str] = ()
    command: Sequence[str] = ()

    def place(self, path: str) -> Path:
        """Return where a path of the stage is in its layer."""
        return self.folder / "layer" / str(Path(self.workdir, path).relative_to("/"))


def steps() -> list[Step]:
    """Return the instructions of the container file."""
    with CONTAINERFILE.open("rb") as opened:
        found = DockerfileParser(fileobj=opened).structure
    return [
        _step(each["instruction"], each["value"])
        for each in found
        if each["instruction"] != "COMMENT"
    ]


def _step(verb: str, text: str) -> Step:
    flags = {}
    while text.startswith("--"):
        flag, _, text = text.partition(" ")
        name, _, flags_value = flag.removeprefix("--").partition("=")
        flags[name] = flags_value
        text = text.strip()
    return Step(verb, flags, text)


def built(folder: Path) -> Stage:
    """Carry out every step, and return the last stage."""
    stages: list[Stage] = []
    names: dict[str, Stage] = {}
    for step in steps():
        if step.verb == "FROM":
            stages.append(_begun(folder / f"stage-{len(stages)}"))
            names[step.text.partition(" AS ")[2]] = stages[-1]
        elif stages:  # what stands before the first stage names the base
            _carry_out(step, stages[-1], names)
    return stages[-1]


def _begun(folder: Path) -> Stage:
    """Begin a stage on this machine's root, with its Python where the base image has one."""
    for part in ("layer/usr/local/bin", "layer/usr/local/lib", "work", "root"):
        (folder / part).mkdir(parents=True)
    for parent in Path(sys.base_prefix).parents:
        # a person's home may be closed to the image's user
        if not parent.stat().st_mode & 0o001:
            (folder / "layer" / parent.relative_to("/")).mkdir(mode=0o755, parents=True)
    local, version = folder / "layer/usr/local", f"python3.{sys.version_info[1]}"
    (local / "lib" / version).symlink_to(f"{sys.base_prefix}/lib/{version}")
    for name in ("python", "python3"):
        (local / "bin" / name).symlink_to(f"{sys.base_prefix}/bin/{version}")
    return Stage(folder)


def _carry_out(step: Step, stage: Stage, names: dict[str, Stage]) -> None:
    match step.verb:
        case "RUN":
            _run(step, stage)
        case "COPY":
            _copy(step, stage, names[step.flags["from"]] if "from" in step.flags else None)
        case "WORKDIR":
            stage.workdir = step.text
            stage.place(".").mkdir(parents=True, exist_ok=True)
        case "USER" | "ENTRYPOINT" | "CMD" | "ENV" | "ARG" | "LABEL":
            _note(step, stage)
        case "EXPOSE":
            pass
        case _:
            raise AssertionError(f"{step.verb} is not known here; teach it.")


def _note(step: Step, stage: Stage) -> None:
    match step.verb:
        case "USER":
            stage.user = step.text
        case "ENTRYPOINT":
            stage.entrypoint = json.loads(step.text)
        case "CMD":
            stage.command = json.loads(step.text)
        case "ENV":
            stage.environment |= step.pairs
        case "ARG":
            stage.arguments |= step.pairs
        case _:
            given = stage.arguments
            stage.labels |= {k: Template(v).substitute(given) for k, v in step.pairs.items()}


def _run(step: Step, stage: Stage) -> None:
    ours = {
        name: value
        for name, value in os.environ.items()  # noqa: TID251 - the machine's way to its registries
        if name.upper().startswith(MACHINES_OWN)
    }
    program = ["/bin/sh", "-c", f"cd {stage.workdir} && {step.text}"]
    environment = {**ours, **stage.arguments, **stage.environment, "HOME": "/root"}
    command = entered(
        stage,
        program,
        environment=environment,
        memory=["/tmp"],  # noqa: S108 - of the stage
        bound=_caches(step, stage),
    )
    done = subprocess.run(
        ["unshare", "--mount", *command],
        capture_output=True,
        text=True,
        check=False,
        timeout=STEP_SECONDS,
    )
    assert done.returncode == 0, f"{step.text}\n{done.stdout}{done.stderr}"


def _caches(step: Step, stage: Stage) -> list[tuple[str, str]]:
    """Keep what a step wants kept from build to build, such as downloaded packages."""
    mount = dict(part.partition("=")[::2] for part in step.flags.get("mount", "").split(","))
    if not mount.get("target"):
        return []
    assert mount["type"] == "cache"
    CACHE.mkdir(parents=True, exist_ok=True)
    stage.place(mount["target"]).mkdir(parents=True, exist_ok=True)
    return [(str(CACHE), mount["target"])]


def entered(
    stage: Stage,
    program: Sequence[str],
    *,
    environment: dict[str, str],
    memory: Sequence[str],
    bound: Sequence[tuple[str, str]] = (),
    read_only: bool = False,
) -> list[str]:
    """Return the command that becomes the program in the stage, once it has its namespaces.

    `memory` are folders that are empty and forgotten afterwards; `bound` are (ours, the stage's).
    """
    folder = stage.folder
    options = f"lowerdir=/,upperdir={folder}/layer,workdir={folder}/work"
    spec = {
        "root": str(folder / "root"),
        "overlay": f"ro,{options}" if read_only else options,
        "memory": list(memory),
        "bound": list(bound),
        "alone": read_only,
        "program": list(program),
        "environment": environment,
    }
    return [sys.executable, str(INSIDE), json.dumps(spec)]


def _copy(step: Step, stage: Stage, source: Stage | None) -> None:
    *found, last = step.words
    target = stage.place(last)
    for name in found:
        path = source.place(name) if source else ROOT / name
        if path.is_dir():
            shutil.copytree(
                path,
                target,
                symlinks=True,
                dirs_exist_ok=True,
                ignore=None if source else shutil.ignore_patterns("__pycache__", "*.pyc"),
            )
        else:
            into = target / path.name if last.endswith("/") else target
            into.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, into)
            if "chmod" in step.flags:
                into.chmod(int(step.flags["chmod"], 8))
