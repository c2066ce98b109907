"""Django's entry to the record."""

from django.apps import AppConfig
from django.utils.module_loading import import_string

from accounts.oidc.signals import arrived


class TenantsConfig(AppConfig):
    name = "tenants"

    def ready(self) -> None:
        """Have memberships follow what an identity provider says at every sign-in."""
        # it knows models, which are there only by now
        arrived.connect(import_string("tenants.actions.owners.follow_provider"))
