"""How a call to the API says who it is: `Authorization: Bearer berth_…`."""

from collections.abc import Sequence

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from accounts import addresses, tokens
from accounts.doors import CHALLENGE
from accounts.machines import Machine, Principal, Workload
from accounts.models import MachineToken, Scope
from accounts.workloads import admission
from audit import ledger


class MachineTokenAuthentication(BaseAuthentication):
    """A token with an owner acts as that person; one without is a `Machine`.

    So is one that its platform vouches for a `Workload`. A bearer token that is wrong, expired or
    revoked is refused; nothing else is tried after it.
    """

    def scopes(self, request: Request) -> Sequence[Scope]:
        """Return the scopes of which a token needs one for this call."""
        del request
        return (Scope.CMDB_READ,)

    def authenticate(self, request: Request) -> tuple[Principal, MachineToken | Workload] | None:
        """Return who asks and by what, or None where no bearer token was sent.

        Raises AuthenticationFailed, PermissionDenied; IssuerAway for a workload whose issuer's keys
        cannot be had.
        """
        words = get_authorization_header(request).decode("latin-1").split()
        if not words or words[0].lower() != "bearer":
            return None
        text = words[1] if len(words) == 2 else ""
        scopes, address = self.scopes(request), addresses.of(request)
        if admission.looks_like_one(text):
            workload = _workload(text, scopes, address)
            ledger.coming_by("workload")
            return workload, workload
        token = tokens.verify(text, *scopes, address=address)
        if token is None:
            raise _refusal(scopes, known=tokens.recognised(text, address=address) is not None)
        ledger.coming_by(f"token:{token.key}")
        return token.owner or Machine(token), token

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge; without one, Django REST framework would answer 403 for 401."""
        del request
        return CHALLENGE


def _workload(text: str, scopes: Sequence[Scope], address: str | None) -> Workload:
    workload = admission.admitted(text, address=address)
    if workload is None or workload.scopes.isdisjoint(scopes):
        raise _refusal(scopes, known=workload is not None)
    return workload


def _refusal(scopes: Sequence[Scope], *, known: bool) -> AuthenticationFailed | PermissionDenied:
    if known:
        needed = " or ".join(scopes)
        return PermissionDenied(f"This token is not for this. It would need {needed}.")
    return AuthenticationFailed("This token is not valid: wrong, expired or revoked.")
