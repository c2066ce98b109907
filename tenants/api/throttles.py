"""How often one person or machine may call the API."""

import hashlib
from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from tenants.api.permissions import principal


class PerPrincipal(SimpleRateThrottle):
    """Counts the calls of a principal; a view with a `throttle_scope` has a count of its own.

    Counts live in the cache of the process, so a portal of several processes allows that many times
    the rate: it stops runaways, it is no billing.
    """

    scope = "record"

    def allow_request(self, request: Request, view: Any) -> bool:
        """Take the rate of the view before counting."""
        self.scope = getattr(view, "throttle_scope", self.scope)
        self.rate = self.get_rate()
        self.num_requests, self.duration = self.parse_rate(self.rate)
        return super().allow_request(request, view)

    def get_cache_key(self, request: Request, view: Any) -> str:
        """Count by identity; hashed, as a cache takes no blanks in its keys."""
        del view
        ident = hashlib.sha256(principal(request).ident.encode()).hexdigest()
        return self.cache_format % {"scope": self.scope, "ident": ident}
