"""Django's entry to the ledger."""

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate

from audit import checks, triggers


class AuditConfig(AppConfig):
    name = "audit"

    def ready(self) -> None:
        """Make the ledger append-only, also after every migrate, and have that checked."""
        triggers.append_only(self.get_model("Entry"))
        triggers.append_only(self.get_model("Seal"))
        post_migrate.connect(triggers.put_back, sender=self)
        register(checks.triggers_in_place, Tags.database)
