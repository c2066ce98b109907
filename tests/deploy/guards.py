"""Runs the expressions of the shipped admission policies as the API server would."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import cel
from cel import stdlib

from tests.deploy import shipped
from tests.deploy.shipped import Manifest

PORTAL = "system:serviceaccount:berth:primer"
FAILURES = (RuntimeError, ValueError, TypeError, KeyError)
KUSTOMIZE = "system:serviceaccount:flux-system:kustomize-controller"


def refusals(
    policy: str,
    *,
    obj: Manifest | None,
    old: Manifest | None = None,
    namespace: Mapping[str, Any] | None = None,
    user: str = PORTAL,
    groups: tuple[str, ...] = (),
) -> list[str]:
    """Return the messages by which a policy refuses; an expression that fails refuses as well.

    The operation follows from what is there: CREATE without `old`, DELETE without `obj`.
    """
    spec = shipped.of_kind("ValidatingAdmissionPolicy")[policy]["spec"]
    assert spec["failurePolicy"] == "Fail"
    operation = "CREATE" if old is None else "DELETE" if obj is None else "UPDATE"
    known = {
        "object": obj,
        "oldObject": old,
        "namespaceObject": namespace,
        "request": {"operation": operation, "userInfo": {"username": user, "groups": [*groups]}},
    }
    conditions = spec.get("matchConditions", [])
    if not all(_value(each["expression"], known) is True for each in conditions):
        return []
    known["variables"] = _variables(spec.get("variables", []), known)
    return [each["message"] for each in spec["validations"] if not _holds(each, known)]


def _variables(wanted: Iterable[Mapping[str, str]], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables by name; one that fails is left out, so that its users fail too."""
    found: dict[str, Any] = {}
    for each in wanted:
        with suppress(*FAILURES):
            found[each["name"]] = _value(each["expression"], {**known, "variables": found})
    return found


def _holds(rule: Mapping[str, str], known: Mapping[str, Any]) -> bool:
    try:
        return _value(rule["expression"], known) is True
    except FAILURES:
        return False


def _value(expression: str, known: Mapping[str, Any]) -> Any:
    context = cel.Context(variables=dict(known))
    stdlib.add_stdlib_to_context(context)
    return cel.evaluate(expression, context)
