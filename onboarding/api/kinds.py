"""What each kind of order asks over the API, and what places it. A new kind is one entry here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404

from accounts.models import User
from onboarding import actions
from onboarding.actions.standing import Standing
from onboarding.api import serializers
from onboarding.engine.steps import Tools
from onboarding.models import Kind, Order
from portal.errors import AnswersUnfit
from tenants import lookups as record
from tenants.models import Service

# (answers, key, by, tools) -> the orders, and whether they were placed just now
Place = Callable[[Mapping[str, Any], str, User, Tools], tuple[list[Order], bool]]


@dataclass(frozen=True)
class Ask:
    """The shape of the answers, and the action that places an order of this kind for them."""

    answers: type[serializers.Shape]
    place: Place


def _onboard(
    answers: Mapping[str, Any], key: str, by: User, tools: Tools
) -> tuple[list[Order], bool]:
    return actions.submit_once(answers, key=key, by=by, tools=tools)


def _resize(
    answers: Mapping[str, Any], key: str, by: User, tools: Tools
) -> tuple[list[Order], bool]:
    def wish() -> Standing:
        service = _service(answers, by)
        reached = service.destinations.values_list("slug", flat=True)
        return actions.to_resize(
            service,
            by=by,
            size=answers.get("size", service.size_id),
            destinations=answers.get("destinations", reached),
            reason=answers["reason"],
            tools=tools,
        )

    return actions.place_once(wish, answers, key=key, by=by)


def _offboard(
    answers: Mapping[str, Any], key: str, by: User, tools: Tools
) -> tuple[list[Order], bool]:
    def wish() -> Standing:
        service = _service(answers, by)
        return actions.to_offboard(service, by=by, reason=answers["reason"], tools=tools)

    return actions.place_once(wish, answers, key=key, by=by)


def _service(answers: Mapping[str, Any], by: User) -> Service:
    """Return the service. One of somebody else reads like one that does not exist."""
    try:
        return record.service_for(by, UUID(answers["service"]))
    except Http404 as error:
        raise AnswersUnfit({"service": ["There is no such service."]}) from error


ASKS = {
    str(Kind.ONBOARD): Ask(serializers.OnboardAnswers, _onboard),
    str(Kind.RESIZE): Ask(serializers.ResizeAnswers, _resize),
    str(Kind.OFFBOARD): Ask(serializers.OffboardAnswers, _offboard),
}
