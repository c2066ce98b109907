"""Cookiecutter's templates keep the contract, and mean what cookiecutter itself makes of them."""

import json
import os
import stat
from pathlib import Path

import pytest
from cookiecutter.generate import generate_context, generate_files
from django.conf import settings

from onboarding.ports import File
from onboarding.repositories.cookiecutter_templates import CookiecutterScaffolds
from portal.errors import ScaffoldBroken
from tests.contracts.scaffolder import ANSWERS, ScaffolderContract

TREE = "{{cookiecutter.application}}"


class TestCookiecutter(ScaffolderContract):
    scaffolds = CookiecutterScaffolds(settings.BERTH_SCAFFOLDS)

    def test_cookiecutter_itself_makes_the_same_files(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)  # cookiecutter changes the directory of the whole process
        for name in self.scaffolds.names():
            place = settings.BERTH_SCAFFOLDS / name
            context = generate_context(str(place / "cookiecutter.json"), extra_context=ANSWERS)
            made = generate_files(place, context, output_dir=tmp_path / name, accept_hooks=False)
            assert read(Path(made)) == self.scaffolds.render(name, ANSWERS)

    def test_a_users_own_settings_are_not_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = self.scaffolds.render("web-service", ANSWERS)
        own = tmp_path / "rc"
        own.write_text("default_context: {owner: Mallory, port: '1'}\n")
        (tmp_path / ".cookiecutterrc").write_text(own.read_text())
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("COOKIECUTTER_CONFIG", str(own))
        assert self.scaffolds.render("web-service", ANSWERS) == before


def read(place: Path) -> list[File]:
    files = [each for each in place.rglob("*") if each.is_file()]
    return sorted(
        (
            File(
                each.relative_to(place).as_posix(),
                each.read_text(encoding="utf-8"),
                executable=bool(each.stat().st_mode & stat.S_IXUSR),
            )
            for each in files
        ),
        key=lambda file: file.path,
    )


class Workshop:
    """One scaffold under construction."""

    def __init__(self, folder: Path) -> None:
        self.place = folder / "odd"
        self.scaffolds = CookiecutterScaffolds(folder)
        self.ask(owner="", _berth={"version": "1"})
        (self.place / TREE).mkdir()

    def ask(self, **questions: object) -> None:
        self.place.mkdir(exist_ok=True)
        (self.place / "cookiecutter.json").write_text(json.dumps(questions))

    def add(self, path: str, content: str | bytes = "text\n") -> Path:
        file = self.place / TREE / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    def render(self, owner: object = "Alice") -> dict[str, str]:
        made = self.scaffolds.render("odd", {"owner": owner})
        return {file.path: file.content for file in made}


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


@pytest.mark.parametrize(
    "template",
    [
        "{% now 'utc' %}",
        "{{ uuid4() }}",
        "{{ random_ascii_string(8) }}",
        "{{ lipsum() }}",
        "{{ [1, 2, 3] | random }}",
        "{{ range }}",
        "{{ cookiecutter.items }}",
    ],
)
def test_nothing_that_changes_from_call_to_call_can_be_written(
    workshop: Workshop, template: str
) -> None:
    workshop.add("file", template)
    with pytest.raises(ScaffoldBroken):
        workshop.render()


@pytest.mark.parametrize(
    "template",
    [
        "{{ cookiecutter.unknown }}",
        "{{ cookiecutter.unknown | tojson }}",
        "{{ 1 / 0 }}",
        "{% if %}",
        "{{ cookiecutter.owner.__class__.__mro__ }}",
        "{% include '../../cookiecutter.json' %}",
        "{{ 'x' * 2000000 }}",
    ],
)
def test_a_template_with_a_fault_is_told(workshop: Workshop, template: str) -> None:
    workshop.add("file", template)
    with pytest.raises(ScaffoldBroken):
        workshop.render()


@pytest.mark.parametrize(
    "path", ["{{cookiecutter.owner}}", "{{cookiecutter.owner}}/file", "a/{{cookiecutter.owner}}"]
)
@pytest.mark.parametrize(
    "owner", ["..", "../../out", "/etc", "", ".git", ".GIT", "a\nb", "a\\b", "x" * 300, " ", "a//b"]
)
def test_no_answer_leads_a_file_out_of_the_repository(
    workshop: Workshop, path: str, owner: str
) -> None:
    workshop.add(path)
    with pytest.raises(ScaffoldBroken):
        workshop.render(owner)


def test_two_files_of_one_path_are_refused(workshop: Workshop) -> None:
    workshop.add("{{cookiecutter.owner}}")
    workshop.add("Alice/file")
    with pytest.raises(ScaffoldBroken):
        workshop.render()


def test_hooks_are_refused(workshop: Workshop) -> None:
    (workshop.place / "hooks").mkdir()
    with pytest.raises(ScaffoldBroken, match="hooks"):
        workshop.render()


@pytest.mark.parametrize("target", ["/etc/passwd", "cookiecutter.json", "absent"])
def test_links_are_refused(workshop: Workshop, target: str) -> None:
    (workshop.place / TREE / "link").symlink_to(target)
    with pytest.raises(ScaffoldBroken, match="plain"):
        workshop.render()


def test_a_pipe_is_refused_before_anybody_reads_it(workshop: Workshop) -> None:
    os.mkfifo(workshop.place / TREE / "pipe")
    with pytest.raises(ScaffoldBroken, match="plain"):
        workshop.render()


@pytest.mark.parametrize("key", ["_extensions", "_jinja2_env_vars", "_new_lines", "__private"])
def test_keys_that_change_the_language_are_refused(workshop: Workshop, key: str) -> None:
    workshop.ask(owner="", **{key: ["os.path"]})
    with pytest.raises(ScaffoldBroken, match=key):
        workshop.render()


@pytest.mark.parametrize("owner", [None, 7, ["Alice"], "a\0b", "\ud800"])
def test_an_answer_that_is_no_text_is_refused(workshop: Workshop, owner: object) -> None:
    with pytest.raises(ScaffoldBroken, match="owner"):
        workshop.render(owner)


def test_an_answer_that_does_not_fit_its_pattern_is_refused(workshop: Workshop) -> None:
    workshop.ask(owner="", _berth={"version": "1", "patterns": {"owner": "[a-z]+"}})
    workshop.add("file")
    assert workshop.render("alice")
    with pytest.raises(ScaffoldBroken, match="owner"):
        workshop.render("Alice\n")


@pytest.mark.parametrize("text", ["", "[]", "{", "7"])
def test_questions_that_cannot_be_read_are_told(workshop: Workshop, text: str) -> None:
    (workshop.place / "cookiecutter.json").write_text(text)
    with pytest.raises(ScaffoldBroken):
        workshop.render()


def test_a_scaffold_without_a_version_is_told(workshop: Workshop) -> None:
    workshop.ask(owner="")
    with pytest.raises(ScaffoldBroken, match="version"):
        workshop.scaffolds.version("odd")


def test_too_many_files_are_refused(workshop: Workshop) -> None:
    for number in range(501):
        workshop.add(f"file-{number}")
    with pytest.raises(ScaffoldBroken, match="500"):
        workshop.render()


def test_a_large_file_is_refused(workshop: Workshop) -> None:
    workshop.add("file", "x" * (1024 * 1024 + 1))
    with pytest.raises(ScaffoldBroken, match="larger"):
        workshop.render()


def test_what_is_no_text_is_told(workshop: Workshop) -> None:
    workshop.add("picture", b"\x89PNG\xff\xfe")
    with pytest.raises(ScaffoldBroken, match="picture"):
        workshop.render()


def test_what_is_only_copied_keeps_its_braces(workshop: Workshop) -> None:
    workshop.ask(owner="", _copy_without_render=["raw/*"])
    workshop.add("raw/file", "{{ untouched }}\n")
    assert workshop.render() == {"raw/file": "{{ untouched }}\n"}


def test_an_answer_is_never_read_as_a_template(workshop: Workshop) -> None:
    workshop.add("file", "{{ cookiecutter.owner }}")
    assert workshop.render("{{ 7 * 7 }}{% now 'utc' %}")["file"] == "{{ 7 * 7 }}{% now 'utc' %}"


def test_a_file_that_operators_replaced_is_rendered_anew(workshop: Workshop) -> None:
    file = workshop.add("notes.txt", "first by {{ cookiecutter.owner }}")
    assert workshop.render()["notes.txt"] == "first by Alice"
    file.write_text("then by {{ cookiecutter.owner }}")
    os.utime(file, (1, 1))  # whatever the clock of the disk says
    assert workshop.render()["notes.txt"] == "then by Alice"
