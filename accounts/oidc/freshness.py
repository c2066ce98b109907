"""Whether a sign-in is fresh enough to approve: what `step_up` of a provider asks for."""

from django.contrib.sessions.backends.base import SessionBase

from accounts import sessions
from accounts.oidc import providers
from accounts.oidc.providers import Provider
from portal.clock import now
from portal.errors import NotFresh


def is_fresh(session: SessionBase) -> bool:
    """Say whether somebody may approve as they are signed in.

    Those with local accounts, and of providers without `step_up`, may. Of a provider that is no
    longer configured nobody may.
    """
    if not session.get(sessions.PROVIDER):
        return True
    provider = provider_of(session)
    if provider is None or provider.step_up is None:
        return provider is not None
    age = now().timestamp() - session.get(sessions.AUTH_TIME, 0)
    classes = provider.step_up.acr_values
    is_classed = not classes or session.get(sessions.ACR) in classes
    return is_classed and age <= (provider.step_up.max_age + provider.leeway).total_seconds()


def provider_of(session: SessionBase) -> Provider | None:
    """Return the provider that somebody came by, if it is still configured."""
    return providers.named(session.get(sessions.PROVIDER, ""))


def require(session: SessionBase) -> None:
    """Raise NotFresh for somebody who has to sign in afresh first."""
    if not is_fresh(session):
        raise NotFresh
