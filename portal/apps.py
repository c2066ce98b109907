"""Django's entry to the frame: system checks and the commands that run the portal."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"
