"""Django's entry to the process."""

from django.apps import AppConfig

from audit import triggers


class OnboardingConfig(AppConfig):
    name = "onboarding"

    def ready(self) -> None:
        """Evidence of entitlement is added to and never changed."""
        triggers.append_only(self.get_model("Evidence"))
