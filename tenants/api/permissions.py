"""Who may read the record over the API, and who it is that asks."""

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from accounts.machines import Machine, Principal, Workload
from accounts.models import User


class MayReadRecord(IsAuthenticated):
    """Signed-in people, and machine tokens with the scope `cmdb:read`, which sign-in has checked.

    What of the record they find is decided by the query; see `tenants/lookups.py`.
    """


def principal(request: Request) -> Principal:
    """Return whoever asks. Raises NotAuthenticated for a stranger."""
    if isinstance(request.user, User | Machine | Workload):
        return request.user
    raise NotAuthenticated
