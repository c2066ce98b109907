"""Django's entry to the door."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in

from accounts import limits


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        """Have every sign-in, by whatever way, begin a session that its limits can be told of."""
        user_logged_in.connect(limits.begin)
