"""Whether a sign-in is fresh enough to approve: what `step_up` of a provider asks for."""

from django.http import HttpRequest

from accounts import sessions
from accounts.oidc import providers
from accounts.oidc.providers import Provider
from portal.clock import now


def lacking(http: HttpRequest) -> Provider | None:
    """Return the provider that the person has to prove afresh to who they are, or None.

    People with local accounts, and of providers without `step_up`, are fresh enough. Those of a
    provider that is no longer configured are told to sign in when their session ends.
    """
    provider = providers.named(http.session.get(sessions.PROVIDER, ""))
    if provider is None or provider.step_up is None:
        return None
    age = now().timestamp() - http.session.get(sessions.AUTH_TIME, 0)
    classes = provider.step_up.acr_values
    is_classed = not classes or http.session.get(sessions.ACR) in classes
    limit = (provider.step_up.max_age + provider.leeway).total_seconds()
    return None if age <= limit and is_classed else provider
