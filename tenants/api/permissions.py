"""Who may read the record over the API."""

from rest_framework.permissions import IsAuthenticated


class MayReadRecord(IsAuthenticated):
    """Signed-in people, and machine tokens with the scope `cmdb:read`."""
