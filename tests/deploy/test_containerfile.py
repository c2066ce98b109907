"""The container file keeps its rules, and says the same as the portal it is about."""

import re
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.core.management import get_commands

from tests.deploy import image
from tests.deploy.image import ROOT, Step

FOLDER = image.CONTAINERFILE.parent
HADOLINT = Path(sys.executable).with_name("hadolint")
STEPS = image.steps()


def of(verb: str) -> list[Step]:
    return [step for step in STEPS if step.verb == verb]


def test_the_linter_finds_nothing() -> None:
    done = subprocess.run([HADOLINT, image.CONTAINERFILE], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"")


def test_the_linter_would_find_something(tmp_path: Path) -> None:
    bad = tmp_path / "Containerfile"
    bad.write_text("FROM debian:latest\nRUN cd /x && apt-get install git\nADD x y\n")
    done = subprocess.run([HADOLINT, bad], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert {"DL3007", "DL3008", "DL3020"} <= set(re.findall(r"DL\d+", done.stdout))


def test_every_stage_is_on_the_base_that_one_argument_names_by_tag_and_digest() -> None:
    assert {step.text.partition(" AS ")[0] for step in of("FROM")} == {"${PYTHON}${PYTHON_DIGEST}"}
    tag = next(step.pairs["PYTHON"] for step in of("ARG") if "PYTHON" in step.pairs)
    floor = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert re.fullmatch(rf"python:{re.escape(floor)}(\.\d+)?-slim-\w+", tag)


def test_packages_are_wheels_named_by_their_hashes() -> None:
    (install,) = (step.text for step in of("RUN") if "pip install" in step.text)
    assert {"--require-hashes", "--only-binary", "requirements.txt"} <= set(install.split())
    assert "-dev" not in install


def test_the_last_stage_runs_as_nobody_who_owns_a_file_of_the_program() -> None:
    (user,) = of("USER")
    assert re.fullmatch(r"[1-9]\d{4,}:[1-9]\d{4,}", user.text)
    assert STEPS.index(user) > max(STEPS.index(step) for step in (*of("RUN"), *of("COPY")))
    assert not [step for step in of("COPY") if "chown" in step.flags]


def test_no_secret_is_asked_for_or_written_down() -> None:
    named = [name for verb in ("ARG", "ENV", "LABEL") for step in of(verb) for name in step.pairs]
    assert [name for name in named if re.search(r"KEY|SECRET|PASSWORD|TOKEN|PEPPER", name)] == []
    assert of("ADD") == []


def test_the_version_is_the_portals() -> None:
    (version,) = (step.pairs["VERSION"] for step in of("ARG") if "VERSION" in step.pairs)
    assert version == settings.BERTH_VERSION
    assert f"-t berth:{version}" in image.CONTAINERFILE.read_text()


def test_every_room_of_the_portal_is_in_it() -> None:
    rooms = {app for app in settings.INSTALLED_APPS if (ROOT / app).is_dir()} - {"tests"}
    copied = {word for step in of("COPY") for word in step.words[:-1]}
    assert rooms - copied == set()


def test_the_build_sees_what_it_copies_and_nothing_else() -> None:
    lines = (ROOT / ".containerignore").read_text().splitlines()
    seen = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = {word for step in of("COPY") if "from" not in step.flags for word in step.words[:-1]}
    assert seen == copied
    assert lines[2] == "*"
    assert (ROOT / ".dockerignore").read_text() == (ROOT / ".containerignore").read_text()


def test_its_settings_are_known_ones() -> None:
    described = (ROOT / "docs" / "configure.md").read_text()
    named = [name for step in of("ENV") for name in step.pairs if name.startswith("BERTH_")]
    assert [name for name in named if f"| `{name}` |" not in described] == []


def test_the_entry_knows_only_commands_that_there_are() -> None:
    entry = (FOLDER / "berth").read_text()
    named = re.findall(r"manage\.py (\w+)", entry)
    assert set(named) - set(get_commands()) == set()
    cases = entry[entry.index('case "$command"') : entry.index("esac")].split(";;")[:-1]
    assert len(cases) == 5
    # or the shell, and not the program, would be sent the signals
    assert [case for case in cases if "exec " not in case] == []


def test_the_entry_is_a_shell_script_that_can_be_run() -> None:
    entry = FOLDER / "berth"
    assert entry.stat().st_mode & 0o111 == 0o111
    assert subprocess.run(["sh", "-n", entry], check=False).returncode == 0
