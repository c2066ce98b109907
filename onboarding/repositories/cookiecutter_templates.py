"""Scaffolds as cookiecutter templates in a folder; see scaffolds/README.md for their rules.

Nothing of a scaffold is run, nothing is written, and the same answers give the same bytes.
"""

import json
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from cookiecutter.exceptions import CookiecutterException
from cookiecutter.extensions import JsonifyExtension, SlugifyExtension
from cookiecutter.find import find_template
from cookiecutter.generate import generate_context, is_copy_only_path
from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateError, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from onboarding.ports import About, File
from portal.errors import ScaffoldBroken

QUESTIONS = "cookiecutter.json"
# The tree is stored with the plan and shown on its page: these keep both in bounds.
FILES_LIMIT = 500
TREE_LIMIT = 4 * 1024 * 1024  # bytes
FILE_LIMIT = 1024 * 1024  # bytes
PATH_LIMIT = 240  # bytes; leaves room for the folder of a checkout within the usual 260

NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
# they name code to import, or change how templates are read
FORBIDDEN_KEYS = ("_extensions", "_jinja2_env_vars", "_new_lines")
# what a wrong expression in a template raises beside Jinja's own errors
WRONG_EXPRESSION = (TemplateError, ArithmeticError, LookupError, TypeError, ValueError)


class CookiecutterScaffolds:
    """The scaffolds in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> Sequence[str]:
        found = self._folder.iterdir() if self._folder.is_dir() else ()
        return sorted(
            each.name
            for each in found
            if NAME.fullmatch(each.name) and (each / QUESTIONS).is_file()
        )

    def version(self, name: str) -> str:
        """Return the version that the scaffold gives itself. Raises ScaffoldBroken."""
        version = _inner(_questions(self._place(name), {}), "_berth").get("version")
        if not isinstance(version, str) or not version:
            raise ScaffoldBroken(f"{name} names no version under _berth in {QUESTIONS}.")
        return version

    def about(self, name: str) -> About:
        """Return what the scaffold says of itself under _berth. Raises ScaffoldBroken."""
        berth = _inner(_questions(self._place(name), {}), "_berth")
        contents = berth.get("contents")
        return About(
            name=name,
            version=self.version(name),
            title=str(berth.get("title") or name),
            summary=str(berth.get("summary", "")),
            contents=[str(line) for line in contents] if isinstance(contents, list) else [],
        )

    def render(self, name: str, answers: Mapping[str, Any]) -> Sequence[File]:
        place = self._place(name)
        _refuse_odd_entries(place)
        context = {"cookiecutter": _answered(_questions(place, answers), answers)}
        files: list[File] = []
        left = TREE_LIMIT
        for file in _files(place, context):
            left -= len(file.content.encode())
            if left < 0 or len(files) == FILES_LIMIT:
                raise ScaffoldBroken(
                    f"{name} gives more than {FILES_LIMIT} files or {TREE_LIMIT} bytes."
                )
            files.append(file)
        _refuse_collisions([file.path for file in files])
        return sorted(files, key=lambda file: file.path)

    def _place(self, name: str) -> Path:
        if name not in self.names():
            raise ScaffoldBroken(f"There is no scaffold {name}.")
        return self._folder / name


# What the scaffold asks, and what it is told


def _questions(place: Path, answers: Mapping[str, Any]) -> dict[str, Any]:
    try:
        context = generate_context(str(place / QUESTIONS), extra_context=dict(answers))
    except (CookiecutterException, OSError, TypeError, ValueError) as error:
        raise ScaffoldBroken(f"{QUESTIONS} of {place.name} cannot be read: {error}") from error
    questions = context["cookiecutter"]
    if not isinstance(questions, dict):
        raise ScaffoldBroken(f"{QUESTIONS} of {place.name} is no mapping.")
    for key in questions:
        if key in FORBIDDEN_KEYS or key.startswith("__"):
            raise ScaffoldBroken(f"{QUESTIONS} of {place.name} holds {key}, which is not allowed.")
    return questions


def _inner(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    inner = values.get(key)
    return inner if isinstance(inner, dict) else {}


def _answered(questions: dict[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the questions with their answers, each of them checked."""
    patterns = _inner(_inner(questions, "_berth"), "patterns")
    for question in questions:
        if question.startswith("_"):
            continue
        if question not in answers:
            raise ScaffoldBroken(f"The scaffold asks for {question}, which nobody answered.")
        _refuse_answer(question, answers[question], patterns.get(question))
    return questions


def _refuse_answer(question: str, answer: Any, pattern: str | None) -> None:
    if not isinstance(answer, str):
        raise ScaffoldBroken(f"The answer {question} is no text.")
    try:
        answer.encode()
        fits = "\0" not in answer and (pattern is None or re.fullmatch(pattern, answer))
    except UnicodeEncodeError as error:
        raise ScaffoldBroken(f"The answer {question} is no valid text.") from error
    except re.error as error:
        raise ScaffoldBroken(f"The pattern of {question} is wrong: {error}") from error
    if not fits:
        raise ScaffoldBroken(f"The answer {question} has a form that the scaffold cannot use.")


# What may lie in a scaffold


def _refuse_odd_entries(place: Path) -> None:
    """Refuse hooks, links and whatever else is no plain file, anywhere in the scaffold."""
    if (place / "hooks").exists():
        raise ScaffoldBroken(f"{place.name} has hooks; the portal runs nothing of a scaffold.")
    for root, folders, files in os.walk(place):
        for entry in (Path(root, each) for each in (*folders, *files)):
            mode = entry.lstat().st_mode
            if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                raise ScaffoldBroken(f"{entry.relative_to(place)} is no plain file.")


def _files(place: Path, context: dict[str, Any]) -> Iterator[File]:
    try:
        tree = find_template(place, _PLAIN)
    except CookiecutterException as error:
        raise ScaffoldBroken(f"{place.name} has no folder {{{{cookiecutter.…}}}}.") from error
    environment = _environment(tree)
    for source in sorted(each for each in tree.rglob("*") if each.is_file()):
        name = source.relative_to(tree).as_posix()
        try:
            path = _path(_rendered(_named(environment, name), context))
            content = _content(environment, source, name, context)
        except WRONG_EXPRESSION as error:
            raise ScaffoldBroken(f"{name}: {error}") from error
        yield File(path, content, executable=bool(source.stat().st_mode & stat.S_IXUSR))


def _content(
    environment: ImmutableSandboxedEnvironment, source: Path, name: str, context: dict[str, Any]
) -> str:
    if source.stat().st_size > FILE_LIMIT:
        raise ScaffoldBroken(f"{name} is larger than {FILE_LIMIT} bytes.")
    if is_copy_only_path(name, context):
        return source.read_text(encoding="utf-8")
    return _rendered(environment.get_template(name), context)


def _rendered(template: Template, context: dict[str, Any]) -> str:
    pieces = []
    left = FILE_LIMIT
    for piece in template.generate(context):
        left -= len(piece)
        if left < 0:
            raise ScaffoldBroken(f"{template.name} gives more than {FILE_LIMIT} characters.")
        pieces.append(piece)
    return "".join(pieces)


def _path(text: str) -> str:
    """Return the path if it stays in the repository and means the same on every system."""
    parts = text.split("/")
    odd = [part for part in parts if part in {"", ".", ".."} or part != part.strip()]
    if odd or not text.isprintable() or "\\" in text or len(text.encode()) > PATH_LIMIT:
        raise ScaffoldBroken(f"{text!r} is no path for a file of a repository.")
    if any(part.lower() == ".git" for part in parts):
        raise ScaffoldBroken(f"{text} lies in Git's own folder.")
    return text


def _refuse_collisions(paths: Sequence[str]) -> None:
    """Refuse two files of one path, and a file where another needs a folder."""
    seen = set(paths)
    folders = {str(parent) for path in paths for parent in PurePosixPath(path).parents}
    if len(seen) < len(paths) or seen & folders:
        raise ScaffoldBroken("Two templates give the same path.")


# How templates are read


_PLAIN = ImmutableSandboxedEnvironment()  # tells where an expression begins and ends


@lru_cache(maxsize=32)
def _environment(tree: Path) -> ImmutableSandboxedEnvironment:
    """Return cookiecutter's language without what is random or dated, for one scaffold.

    Left out of cookiecutter's own extensions: time, UUID and random text. Left out of Jinja:
    `lipsum` and the filter `random`. It keeps templates compiled until their file is newer.
    """
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader([tree, tree.parent / "templates"]),
        extensions=[JsonifyExtension, SlugifyExtension],
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        finalize=_plain,
    )
    del environment.globals["lipsum"]
    del environment.filters["random"]
    environment.filters["tojson"] = quoted
    return environment


@lru_cache(maxsize=1024)
def _named(environment: ImmutableSandboxedEnvironment, name: str) -> Template:
    return environment.from_string(name)


def _plain(value: Any) -> Any:
    """Refuse to print objects: their text may hold an address in memory, new on every call."""
    if isinstance(value, str | int | float | Undefined):
        return value
    raise TypeError(f"a {type(value).__name__} cannot be printed")


def quoted(value: Any, indent: int | None = None) -> str:
    r"""Return the value as JSON that YAML 1.1, YAML 1.2 and TOML read alike.

    json.dumps would write an emoji as two `\u` escapes, which YAML takes for two broken
    characters, or, told to keep non-ASCII, leave control characters that YAML refuses to read.
    """
    if isinstance(value, Undefined):
        str(value)  # raises with the name of what is missing
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=indent)
    return "".join(char if _is_readable(char) else f"\\u{ord(char):04x}" for char in text)


def _is_readable(char: str) -> bool:
    # beyond U+FFFF no escape is common to the three, and all of them take the character itself
    return char.isprintable() or char == "\n" or ord(char) > 0xFFFF
