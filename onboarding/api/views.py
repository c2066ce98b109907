"""Orders over the API: a list and details by who is asking, and the verbs that move an order."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.machines import Principal
from accounts.oidc import freshness
from onboarding import actions, lookups, toolbox
from onboarding.api import access, kinds, problems, serializers, shown
from onboarding.api.filters import OrderFilter
from onboarding.display import histories
from onboarding.models import Order
from tenants.api.permissions import principal
from tenants.api.views import Records

NAMED = OpenApiParameter("order", str, "path", description="UUID or number of the order.")
KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    "header",
    description="A text of your own, new for each order. A repeated call with the same key and "
    "the same answers makes no second order and is told of the first. Keys are kept for 30 days.",
)
LONGEST_KEY = 200


class Orders(Records):
    """What the views of orders share: who may call, and how their errors read."""

    authentication_classes = (access.OrderTokens, SessionAuthentication)
    throttle_classes = (access.ByMethod,)
    parser_classes = (access.BoundedJSON,)
    serializer_class = serializers.OrderRecord
    filterset_class = OrderFilter
    lookup_field = "order"
    lookup_value_converter = "str"

    def seen_by(self, principal: Principal) -> QuerySet[Any]:
        return lookups.orders_of(principal)

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Any]:
        """Tell errors with what they mean and what to do."""
        return problems.as_problem

    def get_object(self) -> Order:
        """Return the order of the address by number or UUID. Raises Http404 for others'."""
        return lookups.order_named(principal(self.request), self.kwargs["order"])

    def body(self, shape: type[serializers.Shape]) -> Any:
        """Return the checked body. Raises ValidationError by field."""
        read = shape(data=self.request.data)
        read.is_valid(raise_exception=True)
        return read.validated_data

    def told(self, order: Order) -> Response:
        """Answer with the order as it stands now."""
        fresh = lookups.order_named(principal(self.request), str(order.pk))
        return Response(serializers.OrderDetail(fresh, context=shown.one(fresh)).data)


class OrderRecords(Orders):
    """Orders: what was asked for, and how it stands."""

    @extend_schema(
        operation_id="orders_list",
        description="Orders that you may see.",
        responses=serializers.OrderRecord(many=True),
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Orders that whoever asks may see, in the order in which they were placed."""
        del request, args, kwargs
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        told = serializers.OrderRecord(page, many=True, context=shown.many(page))
        return self.get_paginated_response(told.data)

    @extend_schema(
        operation_id="orders_retrieve",
        description="An order with its steps: who holds each, since when, and what is wrong.",
        parameters=[NAMED],
        responses=serializers.OrderDetail,
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One order, or 304 where the caller has just this already."""
        return super().retrieve(request, *args, **kwargs)

    def get_serializer(self, order: Order | None = None, **_named: Any) -> Any:
        """Show details with what stands beside the row."""
        return serializers.OrderDetail(order, context=shown.one(order) if order else {})

    @extend_schema(
        operation_id="orders_plan",
        description="The plan of the present revision, and the digest that a decision names.",
        parameters=[NAMED],
        responses=serializers.PlanRecord,
    )
    def plan(self, _request: Request, **_address: str) -> Response:
        """Everything the order will bring about, as it was rendered and stored."""
        drafted = histories.plan_of(self.get_object())
        if drafted is None:
            raise Http404
        return Response(serializers.PlanRecord(drafted, context=shown.plan(drafted)).data)

    @extend_schema(
        operation_id="orders_create",
        description="Place an order for each environment that the answers name: all or none.",
        parameters=[KEY],
        request=serializers.NewOrder,
        responses={
            201: serializers.PlacedOrders,
            200: OpenApiResponse(
                serializers.PlacedOrders, "The orders that were placed with this key before."
            ),
        },
    )
    def create(self, request: Request) -> Response:
        """Check the answers as the form does, and place the orders."""
        by = access.person(request)
        asked = self.body(serializers.NewOrder)
        ask = kinds.ASKS[asked["kind"]]
        answers = ask.answers(data=asked["answers"])
        answers.is_valid(raise_exception=True)
        placed, now = ask.place(answers.validated_data, _key(request), by, toolbox.tools())
        told = serializers.PlacedOrders({"orders": placed}, context=shown.many(placed))
        status = HTTPStatus.CREATED if now else HTTPStatus.OK
        address = f"{request.path.rstrip('/')}/{placed[0].uuid}"
        return Response(told.data, status=status, headers={"Location": address})


def _key(request: Request) -> str:
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > LONGEST_KEY or not key.isascii() or not (key.isprintable() or not key):
        fault = f"A key has at most {LONGEST_KEY} printable characters of ASCII."
        raise ValidationError({"Idempotency-Key": fault})
    return key


def described(verb: str, words: str, shape: type[serializers.Shape]) -> Callable[..., Any]:
    """Return the description of a verb."""
    return extend_schema(
        operation_id=f"orders_{verb}",
        description=words,
        parameters=[NAMED],
        request=shape,
        responses=serializers.OrderDetail,
    )


class OrderMoves(Orders):
    """Verbs that move an order. Each answers with the order as it stands then."""

    @described("withdraw", "Turn the order round: what it made is taken away.", serializers.Reason)
    def withdraw(self, request: Request, **_address: str) -> Response:
        found = self.get_object()
        said = self.body(serializers.Reason)
        actions.withdraw(found, by=access.person(request), reason=said["reason"])
        return self.told(found)

    @described("amend", "Ask for something else, until the change starts.", serializers.Amendment)
    def amend(self, request: Request, **_address: str) -> Response:
        found = self.get_object()
        said = self.body(serializers.Amendment)
        answers = serializers.OnboardAnswers(data=said["answers"], partial=True)
        answers.is_valid(raise_exception=True)
        actions.amend_to(
            found,
            answers.validated_data,
            seen=said["revision"],
            by=access.person(request),
            tools=toolbox.tools(),
        )
        return self.told(found)

    @described("retry", "Try again what is stuck.", serializers.Reason)
    def retry(self, request: Request, **_address: str) -> Response:
        found = self.get_object()
        said = self.body(serializers.Reason)
        actions.retry(found, by=access.person(request), reason=said["reason"])
        return self.told(found)

    @described("approve", "Approve the plan. For people, never for tokens.", serializers.Decided)
    def approve(self, request: Request, **_address: str) -> Response:
        found = self.get_object()
        by = access.present_person(request)
        freshness.require(request.session)
        said = self.body(serializers.Decided)
        actions.approve(found, by=by, **said, sources=toolbox.tools().sources)
        return self.told(found)

    @described(
        "refuse", "Refuse, with a reason. For people, never for tokens.", serializers.Decided
    )
    def refuse(self, request: Request, **_address: str) -> Response:
        found = self.get_object()
        by = access.present_person(request)
        said = self.body(serializers.Decided)
        actions.refuse(found, by=by, **said)
        return self.told(found)

    @described("ask", "Ask the requester; until the answer time stands still.", serializers.Asked)
    def ask(self, request: Request, **_address: str) -> Response:
        found = self.get_object()
        by = access.present_person(request)
        said = self.body(serializers.Asked)
        actions.ask(found, by=by, text=said["question"])
        return self.told(found)

    @described("answer", "Answer what an approver asked.", serializers.Answered)
    def answer(self, request: Request, **_address: str) -> Response:
        found = self.get_object()
        said = self.body(serializers.Answered)
        actions.answer(found, by=access.person(request), text=said["answer"])
        return self.told(found)

    @described("take_back", "Take your approval back, until the start.", serializers.TakenBack)
    def take_back(self, request: Request, **_address: str) -> Response:
        found = self.get_object()
        by = access.present_person(request)
        said = self.body(serializers.TakenBack)
        actions.take_back(found, by=by, reason=said["reason"])
        return self.told(found)

    @described("schedule", "Say when it starts at the earliest.", serializers.Start)
    def schedule(self, request: Request, **_address: str) -> Response:
        found = self.get_object()
        said = self.body(serializers.Start)
        actions.schedule(found, at=said["not_before"], by=access.person(request))
        return self.told(found)
