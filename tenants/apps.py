"""Django's entry to the record."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "tenants"
