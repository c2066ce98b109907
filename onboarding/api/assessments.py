"""Assessments of an order over the API: its risk and what it met, each time it was looked at."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.machines import Principal
from onboarding import lookups
from onboarding.api import access, problems
from onboarding.api.views import NAMED
from onboarding.assessment.assessing import assessments_of
from onboarding.assessment.models import Assessment
from tenants.api.permissions import principal


class CountedRecord(serializers.Serializer[Any]):
    """A rule that counted, and the facts that it rested on."""

    rule = serializers.CharField()
    impact = serializers.CharField()
    likelihood = serializers.CharField()
    why = serializers.CharField()
    because = serializers.CharField()


class ConflictRecord(serializers.Serializer[Any]):
    """Other open orders at one place; of the first ones those that whoever asks may see."""

    meeting = serializers.CharField(help_text="application, cluster or owner")
    on = serializers.CharField()
    count = serializers.IntegerField()
    at_work = serializers.IntegerField()
    orders = serializers.ListField(child=serializers.IntegerField())
    words = serializers.CharField()


class AssessmentRecord(serializers.ModelSerializer[Assessment]):
    """What was found about a revision on one occasion."""

    trace = CountedRecord(many=True)
    conflicts = ConflictRecord(many=True)

    class Meta:
        model = Assessment
        fields = (
            *("revision", "occasion", "at", "impact", "likelihood", "risk", "rules"),
            *("trace", "conflicts"),
        )


class Assessments(APIView):
    """The assessments of one order."""

    authentication_classes = (access.OrderTokens, SessionAuthentication)
    throttle_classes = (access.ByMethod,)

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Any]:
        """Tell errors with what they mean and what to do."""
        return problems.as_problem

    @extend_schema(
        operation_id="orders_assessments_list",
        description="Risk and conflicts of an order when planned, approved and started.",
        parameters=[NAMED],
        responses=AssessmentRecord(many=True),
    )
    def get(self, request: Request, order: str) -> Response:
        """Every assessment, the first one first."""
        found = lookups.order_named(principal(request), order)
        told = AssessmentRecord(assessments_of(found.uuid), many=True).data
        visible = _visible(told, principal(request))
        for met in (met for each in told for met in each["conflicts"]):
            met["orders"] = [number for number in met["orders"] if number in visible]
        return Response(told)


def _visible(told: Any, by: Principal) -> set[int]:
    numbers = {each for row in told for met in row["conflicts"] for each in met["orders"]}
    return set(lookups.orders_of(by).filter(pk__in=numbers).values_list("pk", flat=True))
