"""Django's entry to the watch."""

from django.apps import AppConfig


class FleetConfig(AppConfig):
    name = "fleet"
