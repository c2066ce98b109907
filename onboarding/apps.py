"""Django's entry to the process."""

from django.apps import AppConfig


class OnboardingConfig(AppConfig):
    name = "onboarding"
