"""Django's entry to the frame: system checks and the commands that run the portal."""

from django.apps import AppConfig
from django.core import checks
from django.utils.module_loading import import_string


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        # they know models, which are there only by now
        checks.register(import_string("portal.checks.configuration"))
        checks.register(import_string("portal.deployment.deployment"), deploy=True)
