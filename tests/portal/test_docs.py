"""What the documents promise: every variable is described, and every command they name exists."""

import ast
import re
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[2]
DOCS = (*sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("*.md")))
READERS = ("portal", "deploy", "tests/conftest.py", "tests/thorough.py")  # who reads variables
VARIABLE = re.compile(r"BERTH_[A-Z_]+")


def test_every_variable_that_is_read_is_described_and_no_other() -> None:
    table = (ROOT / "docs" / "configure.md").read_text()
    described = re.findall(r"^\| `(BERTH_[A-Z_]+)` \|", table, flags=re.MULTILINE)
    assert len(described) == len(set(described))
    assert set(described) == _read_by_settings() | _read_elsewhere()


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_command_that_a_document_names_exists(path: Path) -> None:
    named = set(re.findall(r"manage\.py ([a-z_]+)", path.read_text()))
    assert named - set(get_commands()) == set()


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_make_target_that_a_document_names_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z0-9-]+)", path.read_text(), re.MULTILINE))
    assert named - targets == set()


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_link_between_documents_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text())
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_file_that_a_document_names_is_there(path: Path) -> None:
    tops = "|".join(folder.name for folder in ROOT.iterdir() if folder.name != "var")
    named = re.findall(rf"`((?:{tops})/[\w./-]+)`", path.read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_architecture_answers_twenty_questions_with_files() -> None:
    """Each with one file or folder at least; whether it is there is asked of every document."""
    page = (ROOT / "ARCHITECTURE.md").read_text().partition("## Finding a room")[2]
    rows = re.findall(r"^\| (.+) \| (.+) \|$", page, re.MULTILINE)[2:]
    without = [question for question, answer in rows if not re.search(r"`\w+/", answer)]
    assert len(rows) >= 20
    assert without == []


def _read_by_settings() -> set[str]:
    """Return the first arguments of calls to the readers of portal/env.py."""
    calls = [
        node
        for name in ("settings.py", "env.py")
        for node in ast.walk(ast.parse((ROOT / "portal" / name).read_text()))
        if isinstance(node, ast.Call) and node.args
    ]
    first = [call.args[0] for call in calls]
    names = {each.value for each in first if isinstance(each, ast.Constant)}
    return {name for name in names if isinstance(name, str) and VARIABLE.fullmatch(name)}


def _read_elsewhere() -> set[str]:
    """Return what the launcher, the scripts and the tests read from the environment themselves."""
    paths = [
        found
        for reader in READERS
        for found in ([ROOT / reader] if reader.endswith(".py") else (ROOT / reader).rglob("*.py"))
    ]
    reading = re.compile(r"environ(?:\.get\(|\[)\"(BERTH_[A-Z_]+)\"(?!\] =)")
    return {name for path in paths for name in reading.findall(path.read_text())}
