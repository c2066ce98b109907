"""Whether a sign-in is fresh enough to approve: what `step_up` of a provider asks for."""

from django.contrib.sessions.backends.base import SessionBase

from accounts import sessions
from accounts.oidc import providers
from accounts.oidc.providers import Provider
from portal.clock import now
from portal.errors import NotFresh


def lacking(session: SessionBase) -> Provider | None:
    """Return the provider that the person has to prove afresh to who they are, or None.

    People with local accounts, and of providers without `step_up`, are fresh enough. Somebody of a
    provider that is no longer configured is, too, until their session ends.
    """
    provider = providers.named(session.get(sessions.PROVIDER, ""))
    if provider is None or provider.step_up is None:
        return None
    age = now().timestamp() - session.get(sessions.AUTH_TIME, 0)
    classes = provider.step_up.acr_values
    is_classed = not classes or session.get(sessions.ACR) in classes
    limit = (provider.step_up.max_age + provider.leeway).total_seconds()
    return None if age <= limit and is_classed else provider


def require(session: SessionBase) -> None:
    """Raise NotFresh for somebody who has to sign in afresh first."""
    if lacking(session) is not None:
        raise NotFresh
