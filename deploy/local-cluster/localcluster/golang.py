"""The Go command: is it there and new enough, and running it so that only our pins decide."""

import os
import re
import shutil
import subprocess
from pathlib import Path

# No workspace or flag of the person's own may change what is built.
ENVIRONMENT = {"CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": "-mod=readonly"}


class GoMissing(Exception):
    """Go is absent or too old. The text is one line with the next step."""


def require(oldest: str, module: Path) -> None:
    """Raise GoMissing unless `go`, called in that module, is at least that old ("1.26.0").

    The module matters: there a Go that may switch toolchains answers for the one it switches to.
    """
    if shutil.which("go") is None:
        raise GoMissing(f"Go is not installed. Install Go {oldest} or newer (go.dev/dl).")
    asked = _run(["go", "env", "GOVERSION"], module)
    if asked.returncode != 0 or numbers(asked.stdout) < numbers(oldest):
        found = asked.stdout.strip() or asked.stderr.strip()
        raise GoMissing(f"Go is too old ({found}). Install Go {oldest} or newer (go.dev/dl).")


def numbers(version: str) -> tuple[int, ...]:
    """Return (1, 26, 8) for "go1.26.8", and () where no version is to be seen."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    return tuple(int(part or 0) for part in found.groups()) if found else ()


def build(package: str, *, module: Path, ldflags: str, into: Path) -> None:
    """Compile one program; Go's own words go to stderr. Raise CalledProcessError if it fails."""
    flags = ["-trimpath", "-buildvcs=false", "-ldflags", ldflags]
    subprocess.run(
        ["go", "build", *flags, "-o", str(into), package],
        cwd=module, env=os.environ | ENVIRONMENT, check=True,
    )  # fmt: skip


def source_folder(imported: str, *, module: Path) -> Path:
    """Return where Go unpacked that module, fetching it if need be."""
    fetched = _run(["go", "mod", "download", imported], module)
    fetched.check_returncode()
    listed = _run(["go", "list", "-m", "-f", "{{.Dir}}", imported], module)
    listed.check_returncode()
    return Path(listed.stdout.strip())


def tidy(module: Path) -> None:
    """Write the indirect requirements into go.mod, and go.sum."""
    environment = os.environ | ENVIRONMENT | {"GOFLAGS": "-mod=mod"}
    subprocess.run(["go", "mod", "tidy"], cwd=module, env=environment, check=True)


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | ENVIRONMENT
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
