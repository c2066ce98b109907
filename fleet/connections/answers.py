"""What an API server's refusal means, in our errors. Pure: a status and a body, nothing asked."""

import json
import re
from typing import Any

from fleet.connections.line import Refused
from portal.errors import (
    BerthError,
    ClusterBusy,
    ClusterForbidden,
    ClusterUnreachable,
    FieldOwned,
    ObjectRefused,
    QuotaPending,
    RightsPending,
    StillGoing,
)

_MANAGER = re.compile(r'conflict with "([^"]*)"')
# RBAC's own two sentences; every other 403 comes from admission (quota, Pod Security, policies)
_NO_RIGHT = ('" cannot ', "attempting to grant RBAC permissions")
_UNKNOWN_KIND = ("404 page not found", "could not find the requested resource")
_REFUSED = {400, 405, 406, 413, 415, 422}
_BUSY = {408, 429}


def as_error(refused: Refused, subject: str, *, young: bool = False) -> BerthError:
    """Return the error that the refusal means for the subject, such as `Secret shop/token`.

    In a young namespace a missing right is one that the authoriser's cache does not know yet.
    """
    answer = _status(refused.body)
    words = _words(answer, refused)
    said = f"{subject}: {words}"
    match refused.status:
        case 401:
            return ClusterForbidden(f"The cluster no longer takes the portal's credential: {words}")
        case 403:
            return _forbidden(answer, said, young=young)
        case 404:
            return _absent(said)
        case 409:
            return _conflict(answer, subject, said)
        case _:
            return _other(refused.status, said)


def may_lag(refused: Refused, error: BerthError) -> bool:
    """Say whether the refusal may pass within seconds, as it rests on a cache of the server.

    Rights are read from one, and admission policies read the labels of namespaces from one.
    """
    return isinstance(error, RightsPending) or "ValidatingAdmissionPolicy" in refused.body


def _status(body: str) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _words(answer: dict[str, Any], refused: Refused) -> str:
    words = answer.get("message") or " ".join(refused.body.split()) or "no reason given"
    return f"{words} (HTTP {refused.status})"


def _causes(answer: dict[str, Any]) -> list[dict[str, Any]]:
    details = answer.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    return [cause for cause in causes or () if isinstance(cause, dict)]


def _forbidden(answer: dict[str, Any], said: str, *, young: bool) -> BerthError:
    if "status unknown for quota" in said:
        return QuotaPending(said)
    if any(cause.get("reason") == "NamespaceTerminating" for cause in _causes(answer)):
        return StillGoing(said)
    if any(words in said for words in _NO_RIGHT):
        return RightsPending(said) if young else ClusterForbidden(said)
    return ObjectRefused(said)


def _absent(said: str) -> BerthError:
    if any(words in said for words in _UNKNOWN_KIND):
        return ObjectRefused(f"{said}. The cluster does not know this kind: is Flux installed?")
    # the namespace, or what was to be patched, went away under our hands
    return ClusterBusy(said)


def _conflict(answer: dict[str, Any], subject: str, said: str) -> BerthError:
    owned = [
        f"{_manager(cause)} owns {cause.get('field', '?')}"
        for cause in _causes(answer)
        if cause.get("reason") == "FieldManagerConflict"
    ]
    # without owners somebody wrote at the same moment: the next try reads again
    return FieldOwned(f"{subject}: {'; '.join(owned)}") if owned else ClusterBusy(said)


def _manager(cause: dict[str, Any]) -> str:
    found = _MANAGER.search(str(cause.get("message", "")))
    return f'"{found[1]}"' if found else "another manager"


def _other(status: int, said: str) -> BerthError:
    if status in _REFUSED:
        return ObjectRefused(said)
    if status in _BUSY or status >= 500:
        return ClusterBusy(said)
    return ClusterUnreachable(f"{said}. This is no answer of a Kubernetes API server.")
