"""The WSGI entry: Django, and beside it the Git host under /git/."""

import os
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication

from django.conf import settings
from django.core.wsgi import get_wsgi_application

GIT = "/git"
MEGABYTE = 1024 * 1024


def beside(django: WSGIApplication, git: WSGIApplication) -> WSGIApplication:
    """Return one application: what lies under /git/ goes to the Git host, the rest to Django."""

    def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if not path.startswith(f"{GIT}/"):
            return django(environ, start_response)
        mounted = {
            "SCRIPT_NAME": environ.get("SCRIPT_NAME", "") + GIT,
            "PATH_INFO": path.removeprefix(GIT),
        }
        return git({**environ, **mounted}, start_response)

    return application


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
_django = get_wsgi_application()

from onboarding import toolbox  # noqa: E402 (models can be imported only once Django is set up)
from onboarding.repositories import access  # noqa: E402 (the same)
from onboarding.repositories.http_backend import GitFront, Limits  # noqa: E402 (the same)
from onboarding.running import doorbell  # noqa: E402 (models can be imported only once Django is set up)

_git = GitFront(
    settings.BERTH_GIT_FOLDER,
    access.admission(toolbox.GIT_HOSTS[settings.BERTH_GIT_ADAPTER]().name, settings.BERTH_GIT_KEYS),
    Limits(
        threads=settings.BERTH_GIT_THREADS,
        seconds=settings.BERTH_GIT_SECONDS,
        push_bytes=settings.BERTH_GIT_PUSH_MB * MEGABYTE,
    ),
    doorbell.ring_after_push,
)

application = beside(_django, _git)
