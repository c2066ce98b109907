#!/usr/bin/env python3
"""Pin what requirements.in and requirements-dev.in ask for, with hashes and the reason for each.

pip-compile resolves and collects the hashes; the reasons, which stand above each package in the
`.in` files, are carried over here. Versions that are pinned already stay unless --upgrade is given.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# Made by `make lock` from {source}. Every file of each version is named by its hash.\n\n"
COMPILE = (
    *("pip-compile", "--quiet", "--generate-hashes", "--allow-unsafe", "--strip-extras"),
    *("--no-header", "--no-emit-index-url", "--no-emit-find-links", "--no-emit-trusted-host"),
)
OURSELVES = re.compile(r"\n +#(?: via)? +-[rc] requirements\S*(?=\n)")


def main() -> None:
    for source in ("requirements.in", "requirements-dev.in"):
        lock(ROOT / source, sys.argv[1:])


def lock(source: Path, options: list[str]) -> None:
    """Write the `.txt` beside the source."""
    target = source.with_suffix(".txt")
    program = Path(sys.executable).with_name(COMPILE[0])
    subprocess.run(  # noqa: S603 - fixed program, options of the person at the terminal
        [program, *COMPILE[1:], *options, "--output-file", target.name, source.name],
        cwd=ROOT,
        check=True,
    )
    pinned = with_reasons(target.read_text(), reasons(source.read_text()))
    target.write_text(HEADER.format(source=source.name) + pinned)


def reasons(text: str) -> dict[str, str]:
    """Return package -> the comment above it."""
    found, comment = {}, ""
    for line in text.splitlines():
        if line.startswith("#"):
            comment = line.removeprefix("#").strip()
        elif match := re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line):
            found[match[0].lower()] = comment
    return found


def with_reasons(pinned: str, why: dict[str, str]) -> str:
    """Put the reason above each package that we asked for ourselves, in place of "via -r"."""
    lines = []
    for line in OURSELVES.sub("", pinned).splitlines(keepends=True):
        name = line.partition("==")[0].lower()
        if name in why:
            lines.append(f"# {why[name]}\n")
        lines.append(line)
    return "".join(lines)


if __name__ == "__main__":
    main()
