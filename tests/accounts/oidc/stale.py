"""Browsers of people who signed in a long time ago, where approvals ask for a fresh sign-in."""

from pathlib import Path

import yaml
from django.test import Client
from pytest_django import Settings

from accounts import sessions


def ask_for_fresh_sign_ins(settings: Settings, folder: Path) -> None:
    """Configure a provider whose people have to be fresh to approve; nobody calls it."""
    strict = {
        "slug": "corp",
        "label": "Corp account",
        "issuer": "https://idp.example.com",
        "client_id": "berth",
        "step_up": {"max_age_seconds": 900},
    }
    file = folder / "oidc.yaml"
    file.write_text(yaml.safe_dump({"version": 1, "providers": [strict]}))
    settings.BERTH_OIDC_FILE = file


def make_stale(browser: Client) -> None:
    """Have the browser's session be of somebody who came by that provider long ago."""
    session = browser.session
    session[sessions.PROVIDER] = "corp"
    session[sessions.AUTH_TIME] = 1_700_000_000
    session.save()
