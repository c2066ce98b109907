"""What the frame of every page shows: navigation by role, counts that ask for action, the theme."""

from typing import Any

from django.http import HttpRequest


def frame(http: HttpRequest) -> dict[str, Any]:
    return {}
