"""How a call to the API says who it is: `Authorization: Bearer berth_…`."""

from collections.abc import Sequence

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from accounts import tokens
from accounts.doors import CHALLENGE
from accounts.machines import Machine, Principal
from accounts.models import MachineToken, Scope
from audit import ledger


class MachineTokenAuthentication(BaseAuthentication):
    """A token with an owner acts as that person; one without is a `Machine`.

    A bearer token that is wrong, expired or revoked is refused; nothing else is tried after it.
    """

    def scopes(self, request: Request) -> Sequence[Scope]:
        """Return the scopes of which a token needs one for this call."""
        del request
        return (Scope.CMDB_READ,)

    def authenticate(self, request: Request) -> tuple[Principal, MachineToken] | None:
        """Return who asks and the token, or None where no bearer token was sent."""
        words = get_authorization_header(request).decode("latin-1").split()
        if not words or words[0].lower() != "bearer":
            return None
        text = words[1] if len(words) == 2 else ""
        scopes = self.scopes(request)
        token = tokens.verify(text, *scopes)
        if token is None:
            raise _refusal(text, scopes)
        ledger.coming_by(f"token:{token.key}")
        return token.owner or Machine(token), token

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge; without one, Django REST framework would answer 403 for 401."""
        del request
        return CHALLENGE


def _refusal(text: str, scopes: Sequence[Scope]) -> AuthenticationFailed | PermissionDenied:
    if tokens.recognised(text):
        needed = " or ".join(scopes)
        return PermissionDenied(f"This token is not for this. It would need {needed}.")
    return AuthenticationFailed("This token is not valid: wrong, expired or revoked.")
