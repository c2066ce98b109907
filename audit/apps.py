"""Django's entry to the ledger."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "audit"
