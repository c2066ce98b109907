"""What can become of a change: each verb of its model, where it leads, and what is in the way."""

from collections.abc import Callable, Iterator
from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from onboarding import lookups, messages
from onboarding.api import access, problems
from onboarding.changes import control, situations
from onboarding.changes.guards import Hindrance
from onboarding.changes.lifecycle import BERTHS, Model
from onboarding.changes.models import Change
from onboarding.models import Order
from tenants.api.permissions import principal


class HindranceRecord(serializers.Serializer[Any]):
    """A guard that does not hold."""

    guard = serializers.CharField(help_text="Its name in the change model.")
    code = serializers.CharField()
    text = serializers.CharField()
    fix = serializers.CharField(help_text="What would make it hold.")


class NextState(serializers.Serializer[Any]):
    """A verb: where it leads, whose it is, and for whoever asks what is in the way."""

    verb = serializers.CharField()
    to = serializers.CharField(help_text="The state it leads to, once enough people have done it.")
    by = serializers.ChoiceField(choices=("person", "berth"))
    guards = serializers.ListField(child=serializers.CharField())
    ok = serializers.BooleanField(help_text="Always false for what Berth does by itself.")
    hindrances = HindranceRecord(many=True)


class NextStatesRecord(serializers.Serializer[Any]):
    """A change, where it stands, and what can become of it."""

    change = serializers.CharField()
    model = serializers.CharField()
    state = serializers.CharField()
    order = serializers.IntegerField(help_text="Number of the order that it is about.")
    next = NextState(many=True)


class NextStates(APIView):
    """What whoever asks could do with a change now; the buttons of its page ask the same list."""

    authentication_classes = (access.OrderTokens, SessionAuthentication)
    throttle_classes = (access.ByMethod,)

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Any]:
        """Tell errors with what they mean and what to do."""
        return problems.as_problem

    @extend_schema(
        operation_id="changes_next_states",
        description="What can become of a change: each verb, and what is in the way for you.",
        parameters=[OpenApiParameter("number", str, "path", description="Number of the change.")],
        responses=NextStatesRecord,
    )
    def get(self, request: Request, number: str) -> Response:
        """Tell each verb of the change's model, and of Berth, in this state."""
        order = lookups.order_of_change(principal(request), number)
        change = lookups.change_numbered(number)
        if change is None:
            raise Http404
        by = access.person(request)
        model = control.in_force().models[change.type]
        told = {
            "change": change.number,
            "model": change.type,
            "state": change.status,
            "order": order.pk,
            "next": [*_of_people(order, change, model, by), *_of_berth(change)],
        }
        return Response(NextStatesRecord(told).data)


def _of_people(order: Order, change: Change, model: Model, by: User) -> Iterator[dict[str, Any]]:
    for verb, move in model.moves.items():
        if change.status in move.sources:
            found = situations.hindrances_of(order, change, by, verb)
            yield {
                "verb": verb.value,
                "to": move.to,
                "by": "person",
                "guards": move.guards,
                "ok": not found,
                "hindrances": [_told(each) for each in found],
            }


def _of_berth(change: Change) -> Iterator[dict[str, Any]]:
    for verb, (sources, to, guards) in BERTHS.items():
        if change.status in sources:
            told = {"verb": verb, "to": to, "by": "berth", "guards": guards}
            yield {**told, "ok": False, "hindrances": []}


def _told(hindrance: Hindrance) -> dict[str, str]:
    text = messages.of(hindrance.error)
    return {
        "guard": hindrance.guard,
        "code": hindrance.error.code,
        "text": hindrance.error.detail,
        "fix": text.next_step,
    }
