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
    found = _go(["env", "GOVERSION"], module).stdout.strip() or "unknown version"
    if numbers(found) < numbers(oldest):
        raise GoMissing(f"Go is too old ({found}). Install Go {oldest} or newer (go.dev/dl).")


def numbers(version: str) -> tuple[int, ...]:
    """Return (1, 26, 8) for "go1.26.8", and () where no version is to be seen."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    return tuple(int(part or 0) for part in found.groups()) if found else ()


def build(package: str, *, module: Path, ldflags: str, into: Path) -> None:
    """Compile one program; Go's own words go to stderr. Raise CalledProcessError if it fails."""
    flags = ["-trimpath", "-buildvcs=false", "-ldflags", ldflags]
    _go(["build", *flags, "-o", str(into), package], module).check_returncode()


def source_folder(imported: str, *, module: Path) -> Path:
    """Return where Go unpacked that module, fetching it if need be."""
    _go(["mod", "download", imported], module).check_returncode()
    listed = _go(["list", "-m", "-f", "{{.Dir}}", imported], module)
    listed.check_returncode()
    return Path(listed.stdout.strip())


def tidy(module: Path) -> None:
    """Write the indirect requirements into go.mod, and go.sum."""
    _go(["mod", "tidy"], module, GOFLAGS="-mod=mod").check_returncode()


def _go(arguments: list[str], module: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Go in that module; what it complains about goes straight to the person's screen."""
    return subprocess.run(  # noqa: S603 - no shell, and every word of it is ours
        [str(shutil.which("go")), *arguments],
        cwd=module,
        env=os.environ | ENVIRONMENT | environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
