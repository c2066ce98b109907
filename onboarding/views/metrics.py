"""The figures for monitoring, in the format that Prometheus reads."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from accounts.doors import CHALLENGE
from onboarding.figures import access, collector
from onboarding.figures.access import Verdict

PLAIN = "text/plain; charset=utf-8"


@login_not_required
@require_safe
@never_cache
def metrics(http: HttpRequest) -> HttpResponse:
    """Answer a machine with a token for it, or a network that settings name; nobody else."""
    match access.verdict(http):
        case Verdict.WELCOME:
            figures = generate_latest(collector.registry())
            return HttpResponse(figures, content_type=CONTENT_TYPE_PLAIN_0_0_4)
        case Verdict.OTHER_SCOPE:
            words = "This token is not for this. It would need metrics.\n"
            return HttpResponse(words, content_type=PLAIN, status=HTTPStatus.FORBIDDEN)
        case Verdict.NOT_KNOWN:
            words = "The issuer of this token does not answer.\n"
            return HttpResponse(words, content_type=PLAIN, status=HTTPStatus.SERVICE_UNAVAILABLE)
        case Verdict.STRANGER:
            answer = HttpResponse("No token.\n", content_type=PLAIN, status=HTTPStatus.UNAUTHORIZED)
            answer.headers["WWW-Authenticate"] = CHALLENGE
            return answer
