"""The scripts as a person calls them, where nothing is built and no Go is there."""

import subprocess
import sys
from pathlib import Path

from localcluster.versions import HOME


def call(script: str, *arguments: str, cache: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, HOME / script, *arguments],
        env={"BERTH_CACHE": str(cache), "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_go_one_line_says_what_to_do(tmp_path: Path) -> None:
    ended = call("build.py", cache=tmp_path)
    assert ended.returncode == 3
    assert ended.stdout == ""
    assert ended.stderr.startswith("Go is not installed. Install Go 1.")
    assert ended.stderr.count("\n") == 1


def test_the_check_is_quiet(tmp_path: Path) -> None:
    ended = call("build.py", "--check", cache=tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", "")


def test_running_before_building_says_what_to_do(tmp_path: Path) -> None:
    ended = call("run.py", "--state", str(tmp_path / "state"), cache=tmp_path)
    assert ended.returncode == 4
    assert "build.py" in ended.stderr
    assert not (tmp_path / "state").exists()
