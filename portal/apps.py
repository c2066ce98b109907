"""Django's entry to the frame: system checks and the commands that run the portal."""

from django.apps import AppConfig
from django.core import checks

from portal.checks import configuration


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        checks.register(configuration)
