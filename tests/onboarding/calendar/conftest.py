"""Pages of the calendar in a world where basket can be ordered."""

from tests.onboarding.views.conftest import adam, basket, fill, hers, ordered, policy

__all__ = ["adam", "basket", "fill", "hers", "ordered", "policy"]
