"""What the packs make of the facts, kept as reviewed files that are compared whole.

After a wanted change of the pack: `python -m tests.tenants.priming.golden`, then read the
difference.
"""

from collections.abc import Sequence
from pathlib import Path

import yaml

from tenants.priming.shapes import Rendered
from tests.tenants.priming import facts_made

FOLDER = Path(__file__).with_name("golden")


def current() -> dict[str, str]:
    """Return the text of each reviewed file as it would be written now."""
    return {
        "tenant.yaml": _text(_part("standard", "tenant/")),
        "placement.yaml": _text(_part("standard", "placement/")),
        "classic.yaml": _text(facts_made.rendered("classic")),
    }


def _part(pack: str, part: str) -> list[Rendered]:
    return [each for each in facts_made.rendered(pack) if each.file.startswith(part)]


def reviewed(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _text(rendered: Sequence[Rendered]) -> str:
    return "\n".join(map(_document, rendered))


def _document(each: Rendered) -> str:
    text = yaml.safe_dump(each.manifest, sort_keys=False)
    return f"---\n# wave {each.wave}, from {each.file}\n{text}"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in current().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
