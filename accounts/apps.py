"""Django's entry to the door."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
