"""Who decides in whose place, over the API: listed, lent and ended by the people themselves."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from onboarding import actions, lookups
from onboarding.api import access, problems
from onboarding.api.serializers import Reason, Shape
from onboarding.changes.deputies import Delegation
from portal.errors import NotApprover
from tenants.api.serializers import PersonRef


class DelegationRecord(serializers.ModelSerializer[Delegation]):
    """Who decides in whose place, from when until when."""

    person = PersonRef()
    deputy = PersonRef()

    class Meta:
        model = Delegation
        fields = ("uuid", "person", "deputy", "begins_at", "ends_at", "why", "made_at", "ended_at")


class NewDelegation(Shape):
    """A deputy, and between which moments they decide."""

    deputy = serializers.UUIDField(help_text="UUID of another approver.")
    begins_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    why = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class Vote(APIView):
    """What the calls about one's own vote share: only the approver at a browser makes them."""

    authentication_classes = (access.OrderTokens, SessionAuthentication)
    throttle_classes = (access.ByMethod,)
    parser_classes = (access.BoundedJSON,)

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Any]:
        """Tell errors with what they mean and what to do."""
        return problems.as_problem


def _approving(by: User) -> User:
    if not by.is_approver:
        raise NotApprover("Only approvers have a vote to lend.")
    return by


class Delegations(Vote):
    """What an approver lent or was lent."""

    @extend_schema(
        operation_id="delegations_list",
        description="Who decides in whose place, as far as you are part of it.",
        responses=DelegationRecord(many=True),
    )
    def get(self, request: Request) -> Response:
        """Tell what is not over, the latest first."""
        by = access.present_person(request)
        found = lookups.delegations_of(by if by.is_operator else _approving(by))
        return Response(DelegationRecord(found, many=True).data)

    @extend_schema(
        operation_id="delegations_create",
        description="Let another approver decide in your place. For people, never for tokens.",
        request=NewDelegation,
        responses={201: DelegationRecord},
    )
    def post(self, request: Request) -> Response:
        """Lend one's vote."""
        by = _approving(access.present_person(request))
        read = NewDelegation(data=request.data)
        read.is_valid(raise_exception=True)
        said = read.validated_data
        made = actions.delegate(
            lookups.possible_deputy(by, said["deputy"]),
            begins=said["begins_at"],
            ends=said["ends_at"],
            why=said["why"],
            by=by,
        )
        return Response(DelegationRecord(made).data, status=HTTPStatus.CREATED)


class EndDelegation(Vote):
    """Ending one."""

    @extend_schema(
        operation_id="delegations_end",
        description="End a delegation now. For people, never for tokens.",
        parameters=[OpenApiParameter("uuid", UUID, "path")],
        request=Reason,
        responses=DelegationRecord,
    )
    def post(self, request: Request, uuid: str) -> Response:
        """End it; what was decided by it stands."""
        by = access.present_person(request)
        if not (by.is_approver or by.is_operator):
            raise PermissionDenied
        read = Reason(data=request.data)
        read.is_valid(raise_exception=True)
        found = lookups.delegation_for(by, UUID(uuid))
        actions.end_delegation(found, by=by, reason=read.validated_data["reason"])
        found.refresh_from_db()
        return Response(DelegationRecord(found).data)
