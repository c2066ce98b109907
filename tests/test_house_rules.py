"""The house rules that no linter knows: sizes, names, arrows in strings, texts for every error."""

import ast
import importlib
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from django.apps import apps
from django.db.models import Model
from django.utils.module_loading import import_string

from onboarding import messages
from onboarding.engine import runs
from onboarding.running import doorbell
from portal import errors

ROOT = Path(__file__).resolve().parent.parent
# from the top down: a room knows itself and what stands below it
FLOOR_OF_ADAPTERS = ("portal.errors", "portal.outbound", "portal.reaching", "portal.strict_yaml")
ROOMS = ("onboarding", "fleet", "tenants", "accounts", "audit", "portal")
LONGEST_FILE = 300  # code lines
ONE_FILE = "audit/offline/verify.py: "  # strangers take it with them, so it cannot be divided
LONGEST_TEMPLATE = 150  # lines
LONGEST_FUNCTION = 50  # lines

BANNED_WORDS = {
    *("util", "utils", "helper", "helpers", "common", "manager", "managers", "handler"),
    *("handlers", "base", "misc", "data", "info", "service", "services"),
}
BANNED_PREFIXES = ("get_", "handle_", "process_", "new_")
BANNED_ENDS = ("Util", "Helper", "Manager", "Handler", "Base", "Info", "Data")
# names that a framework calls
CALLED_BY_FRAMEWORKS = {
    "get_cache_key",
    "get_exception_handler",
    "get_model_class",
    "get_object",
    "get_paginated_response",
    "get_paginated_response_schema",
    "get_queryset",
    "get_schema_operation_parameters",
    "get_security_definition",
    "get_serializer",
    "get_session_store_class",
    "process_exception",
    "process_view",
}
MACHINE = re.compile(r"/(?:work|root|farm)/|/home/\w+/|/opt/wheels")
REGISTRIES = re.compile(
    "|".join(
        rf"{host}\.{end}"
        for host, end in (
            ("pypi", "org"),
            ("files.pythonhosted", "org"),
            ("proxy.golang", "org"),
            ("sum.golang", "org"),
            ("registry.npmjs", "org"),
            ("repo1?.maven", "(?:apache.)?org"),
        )
    )
)

# libraries that open connections or start programs that do
CALLERS = (
    *("aiohttp", "asyncio", "boto3", "django.core.mail", "ftplib", "http.client", "httpx"),
    *("imaplib", "ldap", "multiprocessing", "obstore", "oras", "poplib", "pycurl", "requests"),
    *("smtplib", "socket", "ssl", "subprocess", "urllib.request", "urllib3", "websocket"),
    *("xmlrpc",),
)
# The modules that import one of them all the same, and why no proxy and no authority concerns them.
# A new one that calls others takes portal.outbound.WayOut instead of a line here.
NO_CALLS = {
    "portal/outbound.py": "the way out itself",
    "portal/reaching.py": "tries the way out stage by stage, and sends nothing on it",
    "accounts/documents.py": "asks on connections of the way out, and names their failures",
    "fleet/connections/line.py": "sends on the connections of the way out, and names its failures",
    "onboarding/entitlement/decision_point.py": "sends on the connections of the way out",
    "onboarding/entitlement/directory.py": "speaks no HTTP; trusts whom the way out trusts",
    "onboarding/entitlement/ldap_people.py": "asks on connections of directory.py",
    "onboarding/entitlement/ldap_trial.py": "tries stage by stage what its neighbour does",
    "onboarding/running/jobs.py": "asks for the name of this machine",
    "onboarding/repositories/http_backend.py": "hangs up on a visitor",
    "onboarding/repositories/backend_process.py": "starts git on a local folder",
    "portal/announce.py": "asks the portal itself, on loopback",
    "portal/keep.py": "starts our own programs",
    "portal/launch.py": "starts our own programs, and looks for a free port",
    "portal/local_cluster.py": "starts our own programs",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def test_no_file_is_longer_than_a_person_reads() -> None:
    found = [f"{_name(path)}: {n}" for path, n in _code_lines() if n > LONGEST_FILE]
    assert [each for each in found if not each.startswith(ONE_FILE)] == []


def test_no_template_is_longer_than_a_person_reads() -> None:
    lengths = [(path, len(path.read_text().splitlines())) for path in _templates()]
    assert [f"{_name(path)}: {n}" for path, n in lengths if n > LONGEST_TEMPLATE] == []


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{_name(path)}:{function.lineno} {function.name}"
        for path, function in _functions()
        if (function.end_lineno or 0) - function.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [path for path in _sources() if not ast.get_docstring(_tree(path))]
    assert [_name(path) for path in silent if path.stat().st_size] == []


def test_nothing_is_imported_inside_a_function() -> None:
    inside = [
        f"{_name(path)}:{node.lineno}"
        for path, function in _functions()
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert inside == []


def test_views_and_apis_reach_rows_through_lookups_only() -> None:
    direct = [
        f"{_name(path)}:{node.lineno}"
        for path in _portal_sources()
        if {"views", "views.py", "api", "api.py"} & set(path.relative_to(ROOT).parts)
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager"}
    ]
    assert direct == []


def test_every_error_has_a_text_and_every_text_an_error() -> None:
    unforeseen = {errors.BerthError.code, runs.BUG}  # a page and a step still have to say something
    codes = {each.code for each in _kinds(errors.BerthError)}
    assert set(messages.MESSAGES) == codes | unforeseen


def test_no_two_errors_share_a_code() -> None:
    codes = [kind.code for kind in _kinds(errors.BerthError) if "code" in vars(kind)]
    assert len(codes) == len(set(codes))


def test_every_adapter_has_a_test_class_on_its_contract() -> None:
    proven = {name for path in _tests() for name in _proven_by(path)}
    assert {name for name, _ in _adapters()} - proven == set()


def test_adapters_see_their_port_and_the_errors_and_nothing_else_of_ours() -> None:
    builtin = "onboarding.changes.builtin"  # the built-in change system is its own vendor
    foreign = [
        f"{module} imports {seen}"
        for _, module in _adapters()
        if module != builtin
        for seen in _imports(_path(module))
        if seen.split(".")[0] in ROOMS
        and seen not in {f"{module.split('.')[0]}.ports", *FLOOR_OF_ADAPTERS}
        and not seen.startswith(module.rpartition(".")[0])
    ]
    assert foreign == []


def test_only_toolboxes_import_adapters() -> None:
    adapters = {module for _, module in _adapters()}
    importers = [
        f"{_name(path)} imports {seen}"
        for path in _portal_sources()
        if path.name not in {"toolbox.py", "checks.py"}  # a check reads what an adapter will read
        for seen in _imports(path)
        # one kind of access may build on its neighbour
        if seen in adapters and path.parent != _path(seen).parent
    ]
    assert importers == []


def test_nothing_calls_the_outside_but_by_the_way_out() -> None:
    callers = {
        _name(path)
        for path in _portal_sources()
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for each in node.names
        # `import urllib.request` and `from urllib import request` are the same
        if f"{getattr(node, 'module', None) or ''}.{each.name}".lstrip(".").startswith(CALLERS)
    }
    assert callers == set(NO_CALLS)


def test_the_job_that_the_doorbell_names_is_there() -> None:
    assert callable(import_string(doorbell.JOB))


def test_foreign_keys_point_down() -> None:
    upward = [
        f"{model._meta.label}.{field.name} -> {_room(field.related_model)}"
        for room in ROOMS[:-1]
        for model in apps.get_app_config(room).get_models()
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created
        if not _is_below(_room(field.related_model), room)
    ]
    assert upward == []


def test_templates_link_downward_or_within() -> None:
    upward = [
        f"{_name(path)}: {link}"
        for path in _templates()
        if (room := path.relative_to(ROOT / "templates").parts[0]) in ROOMS
        for link in re.findall(r"{% url ['\"](\w+):", path.read_text())
        if not _is_below(link, room)
    ]
    assert upward == []


def test_names_are_the_domains() -> None:
    modules = [
        _name(path)
        for path in _portal_sources()
        if BANNED_WORDS & set(re.split(r"[_.]", path.stem)) or path.stem.endswith("_v2")
    ]
    classes = [
        f"{_name(path)}:{node.lineno} {node.name}"
        for path in _portal_sources()
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ClassDef) and node.name.endswith(BANNED_ENDS)
    ]
    functions = [
        f"{_name(path)}:{node.lineno} {node.name}"
        for path, node in _functions(_portal_sources())
        if node.name.startswith(BANNED_PREFIXES) and node.name not in CALLED_BY_FRAMEWORKS
    ]
    assert modules + classes + functions == []


def test_an_http_request_is_called_http() -> None:
    others = [
        f"{_name(path)}:{argument.lineno} {argument.arg}"
        for path, function in _functions(_portal_sources())
        for argument in (*function.args.args, *function.args.kwonlyargs)
        if argument.annotation is not None
        if re.fullmatch(r"HttpRequest|SignedIn", ast.unparse(argument.annotation))
        if argument.arg != "http"
        # a signal names its arguments itself
        if function.args.kwarg is None
    ]
    assert others == []


def test_no_machine_and_no_registry_is_named() -> None:
    named = [
        f"{_name(path)}: {found[0]}"
        for path in _texts()
        if path != Path(__file__)
        for pattern in (MACHINE, REGISTRIES)
        if (found := pattern.search(path.read_text()))
    ]
    assert named == []


# What is looked at


@cache
def _sources() -> Sequence[Path]:
    """Return every Python file of ours but migrations and scaffolds."""
    return (*_portal_sources(), *_tests(), *sorted((ROOT / "deploy").rglob("*.py")))


@cache
def _portal_sources() -> Sequence[Path]:
    found = (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))
    return tuple(path for path in found if "migrations" not in path.parts)


@cache
def _tests() -> Sequence[Path]:
    return tuple(sorted((ROOT / "tests").rglob("*.py")))


@cache
def _templates() -> Sequence[Path]:
    return tuple(sorted((ROOT / "templates").rglob("*.html")))


def _texts() -> Iterator[Path]:
    """Return what a stranger reads: sources, templates, docs, scripts, settings of tools."""
    yield from _sources()
    yield from _templates()
    for folder in (".ci", "deploy", "docs", "scaffolds", "tests"):
        yield from (path for path in (ROOT / folder).rglob("*") if _is_text(path))
    yield from (path for path in ROOT.iterdir() if _is_text(path))


def _is_text(path: Path) -> bool:
    known = path.suffix in {"", ".md", ".txt", ".in", ".toml", ".yaml", ".yml", ".sh", ".json"}
    return path.is_file() and known and "__pycache__" not in path.parts


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _code_lines() -> Iterator[tuple[Path, int]]:
    for path in _sources():
        lines = (line.strip() for line in path.read_text().splitlines())
        yield path, sum(1 for line in lines if line and not line.startswith("#"))


def _functions(paths: Sequence[Path] | None = None) -> Iterator[tuple[Path, Function]]:
    for path in _sources() if paths is None else paths:
        for node in ast.walk(_tree(path)):
            if isinstance(node, Function):
                yield path, node


def _imports(path: Path) -> Iterator[str]:
    """Return the modules, or the names in packages, that a file imports."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = (ROOT / node.module.replace(".", "/")).is_dir()
            for alias in node.names:
                yield f"{node.module}.{alias.name}" if inside else node.module


def _path(module: str) -> Path:
    found = importlib.import_module(module).__file__
    assert found is not None
    return Path(found)


# Adapters are what the toolboxes import from the folders of their own room


def _adapters() -> Iterator[tuple[str, str]]:
    """Return (class, module) of every adapter."""
    for room in ROOMS:
        toolbox = ROOT / room / "toolbox.py"
        if toolbox.exists():
            yield from _from_folders(toolbox, room)


def _from_folders(toolbox: Path, room: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(_tree(toolbox)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.count(".") == 2:
            folder = node.module.split(".")[1]
            if node.module.startswith(f"{room}.") and folder != "engine":
                yield from (
                    (each.name, node.module) for each in node.names if each.name[0].isupper()
                )


def _proven_by(path: Path) -> set[str]:
    """Return the names that a test file with a class on a contract speaks of."""
    bases = {
        ast.unparse(base).rpartition(".")[2]
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ClassDef)
        for base in node.bases
    }
    if not any(base.endswith("Contract") for base in bases):
        return set()
    return {node.id for node in ast.walk(_tree(path)) if isinstance(node, ast.Name)}


def _kinds(kind: type[errors.BerthError]) -> Iterator[type[errors.BerthError]]:
    for each in kind.__subclasses__():
        if each.__module__ == errors.__name__:
            yield each
            yield from _kinds(each)


def _room(model: type[Model] | None) -> str:
    return model._meta.app_label if model else ""


def _is_below(other: str, room: str) -> bool:
    """Say whether a room, or a library, is at or below this room."""
    return other not in ROOMS or ROOMS.index(other) >= ROOMS.index(room)
