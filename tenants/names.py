"""The names and labels that Berth hands out, and the rules they keep. Pure: text in, text out.

Patterns are a site's choice (settings.BERTH_NAME_PATTERNS) and are passed in. What comes out has
been checked, so that no text typed into any field yields a name that Kubernetes or Flux refuses.
"""

import re
import string
from collections.abc import Container, Iterable, Mapping
from itertools import count
from uuid import UUID, uuid5

from portal.errors import NameUnfit, PlanRefused

LIMIT = 63  # of a namespace, a Kustomization and a label's value (RFC 1123, Kubernetes, Flux)
REPOSITORY_LIMIT = 200
LABEL_PREFIX = "berth.internal/"
RESERVED = ("flux", "kube", "default")
RESERVED_PREFIXES = ("kube-", "flux-", "berth")

FIELDS = {
    "control_namespace": ("tenant",),
    "workload_namespace": ("tenant", "application", "environment"),
    "placement": ("application", "environment"),
    "repository": ("tenant", "application"),
}

_NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
_LABEL_VALUE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")

Patterns = Mapping[str, str]


def control_namespace(tenant: str, patterns: Patterns) -> str:
    """Return the namespace of a tenant's Flux objects. Raises NameUnfit."""
    return _fitting(patterns["control_namespace"].format(tenant=tenant), (tenant,))


def workload_namespace(tenant: str, application: str, environment: str, patterns: Patterns) -> str:
    """Return the namespace of an application in an environment. Raises NameUnfit.

    A name that could be some tenant's control namespace is refused: `a-flux` must never be both.
    """
    parts = {"tenant": tenant, "application": application, "environment": environment}
    name = _fitting(patterns["workload_namespace"].format(**parts), parts.values())
    if _looks_like(patterns["control_namespace"], name):
        raise NameUnfit(f"{name} could be the control namespace of a tenant.")
    return name


def placement(application: str, environment: str, patterns: Patterns) -> str:
    """Return the name of a placement's account, source and Kustomization. Raises NameUnfit."""
    parts = {"application": application, "environment": environment}
    return _fitting(patterns["placement"].format(**parts), parts.values())


def repository(tenant: str, application: str, patterns: Patterns) -> str:
    """Return the path of an application's repository on its Git host. Raises NameUnfit."""
    parts = {"tenant": tenant, "application": application}
    path = patterns["repository"].format(**parts)
    for part in (*parts.values(), *path.split("/")):
        _fitting(part)
    if len(path) > REPOSITORY_LIMIT:
        raise NameUnfit(f"{path} has {len(path)} characters; {REPOSITORY_LIMIT} is the limit.")
    return path


def faults(name: str, *, limit: int = LIMIT) -> list[str]:
    """Say in words what keeps this text from being a name; an empty list means that it is one."""
    if not name:
        return ["A name is needed."]
    found = []
    if not _NAME.fullmatch(name):
        found.append(
            "Use lower-case letters a to z, digits and dashes; start with a letter and end with a "
            "letter or digit."
        )
    if len(name) > limit:
        found.append(f"The name has {len(name)} characters; {limit} is the limit.")
    return found + _reservations(name)


def _reservations(name: str) -> list[str]:
    if name in RESERVED:
        return [f"The name {name} is reserved."]
    return [
        f"Names that begin with {prefix} are reserved."
        for prefix in RESERVED_PREFIXES
        if name.startswith(prefix)
    ]


def suggest(name: str, taken: Container[str], *, limit: int = LIMIT) -> str:
    """Offer a free name that keeps the rules and is close to this one, such as checkout2.

    Whatever was typed is brought into shape first, so that the answer can always be used.
    """
    shaped = _shaped(name)[:limit].rstrip("-")
    if shaped not in taken and not faults(shaped, limit=limit):
        return shaped
    stem = shaped.rstrip(string.digits).rstrip("-") or "app"
    if any(stem.startswith(prefix) for prefix in RESERVED_PREFIXES):
        stem = f"app-{stem}"
    offers = (_numbered(stem, number, limit) for number in count(2))
    return next(offer for offer in offers if offer not in taken)


def _shaped(name: str) -> str:
    dashed = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return dashed.lstrip(string.digits + "-")


def _numbered(stem: str, number: int, limit: int) -> str:
    return f"{stem[: limit - len(str(number))].rstrip('-')}{number}"


def labels(mandatory: Mapping[str, str], facts: Mapping[str, str]) -> dict[str, str]:
    """Return the labels that every primed object carries, with whole keys and checked values.

    `mandatory` maps a key to a value or to a pattern such as `{cost_centre}`, filled from `facts`.
    Keys without a prefix of their own get ours. Raises PlanRefused in words.
    """
    return {_key(key): _value(key, pattern, facts) for key, pattern in mandatory.items()}


def label_value_faults(value: str) -> list[str]:
    """Say in words what keeps this text from being the value of a label."""
    if not value:
        return ["A value is needed."]
    found = []
    if not _LABEL_VALUE.fullmatch(value):
        found.append(
            "Use letters, digits, dashes, dots and underscores; start and end with a letter or "
            "digit."
        )
    if len(value) > LIMIT:
        found.append(f"The value has {len(value)} characters; {LIMIT} is the limit.")
    return found


def _key(key: str) -> str:
    whole = key if "/" in key else f"{LABEL_PREFIX}{key}"
    prefix, _, name = whole.partition("/")
    if len(prefix) > 253 or not _DOMAIN.fullmatch(prefix) or label_value_faults(name):
        raise PlanRefused(f"{key} cannot be the key of a label.")
    return whole


def _value(key: str, pattern: str, facts: Mapping[str, str]) -> str:
    try:
        value = pattern.format_map(facts)
    except (KeyError, ValueError, IndexError, AttributeError) as error:
        raise PlanRefused(f"The label {key} needs {error}, which is not known here.") from error
    wrong = label_value_faults(value)
    if wrong:
        raise PlanRefused(f"The label {key} cannot have the value “{value}”. {' '.join(wrong)}")
    return value


def pattern_faults(patterns: Patterns) -> list[str]:
    """Say in words what is wrong with a site's patterns; each must use exactly its fields."""
    found = []
    for name, fields in FIELDS.items():
        pattern = patterns.get(name, "")
        if _fields_of(pattern) != sorted(fields):
            needed = ", ".join(f"{{{field}}}" for field in fields)
            found.append(f"The pattern {name} must hold each of {needed} once, not “{pattern}”.")
        elif not _NAME.fullmatch(re.sub(r"\{[a-z]+\}|/", "x", pattern)):
            found.append(f"The pattern {name} may hold lower-case letters, digits and dashes only.")
    return found or _mix_up(patterns)


def _mix_up(patterns: Patterns) -> list[str]:
    sample = patterns["workload_namespace"].format(tenant="a", application="b", environment="c")
    if _looks_like(patterns["control_namespace"], sample):
        return ["A workload namespace could have the name of a control namespace: tell them apart."]
    return []


def _fields_of(pattern: str) -> list[str]:
    try:
        parts = list(string.Formatter().parse(pattern))
    except ValueError:
        return []
    if any(spec or conversion for _, _, spec, conversion in parts):
        return []
    return sorted(field for _, field, _, _ in parts if field is not None)


def _fitting(name: str, parts: Iterable[str] = ()) -> str:
    for text in (*parts, name):
        wrong = faults(text)
        if wrong:
            raise NameUnfit(f"“{text}” cannot be used. {' '.join(wrong)}")
    return name


def _looks_like(pattern: str, name: str) -> bool:
    shape = re.escape(pattern).replace(re.escape("{tenant}"), _NAME.pattern)
    return re.fullmatch(shape, name) is not None


def presence_uuid(tenant: UUID, cluster: UUID) -> UUID:
    """Return the UUID of a tenant's presence on a cluster.

    It is the same whoever asks, so that two orders drafted at once plan the same shared ground.
    """
    return uuid5(tenant, str(cluster))
