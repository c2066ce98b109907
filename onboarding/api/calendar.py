"""The calendar over the API: windows, the times that they come, and the next free slot."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import ChoiceFilter, FilterSet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.machines import Principal
from onboarding import lookups
from onboarding.api import access, problems
from onboarding.calendar import in_force
from onboarding.calendar.models import EARLIEST, KINDS, LATEST, SCOPES, WindowEdition
from onboarding.calendar.windows import Closure, Occurrence, Window, occurrences
from portal.clock import now
from portal.errors import TooLate
from tenants.api.permissions import principal
from tenants.api.views import Records

MOST = 1000  # times of one answer
LONGEST = timedelta(days=366)
USUAL = timedelta(days=31)
LONGEST_SLOT = 7 * 24 * 60  # minutes


class Query(serializers.Serializer[Any]):
    """Parameters of an address: what is not among them is refused, never ignored."""

    def to_internal_value(self, data: Any) -> Any:
        """Name parameters that do not exist, before the others are looked at."""
        unknown = set(data) - set(self.fields)
        if unknown:
            raise serializers.ValidationError(
                {str(name)[:60]: "There is no such parameter here." for name in sorted(unknown)}
            )
        return super().to_internal_value(data)


class Stretch(Query):
    """From when to when times are listed; a month from now unless said otherwise."""

    begin = serializers.DateTimeField(required=False)
    end = serializers.DateTimeField(required=False)

    def validate(self, attrs: Any) -> Any:
        """Fill in what was left out. Raises ValidationError for more than a year."""
        begin: datetime = attrs.get("begin") or now()
        if not EARLIEST <= begin.year <= LATEST:
            fault = f"The calendar goes from {EARLIEST} to {LATEST}."
            raise serializers.ValidationError({"begin": fault})
        end: datetime = attrs.get("end") or begin + USUAL
        if not begin < end <= begin + LONGEST:
            raise serializers.ValidationError({"end": "It lies within 366 days after `begin`."})
        return {"begin": begin, "end": end}


class Length(Query):
    """How long the slot has to be."""

    minutes = serializers.IntegerField(
        min_value=1, max_value=LONGEST_SLOT, default=in_force.ROLLOUT // timedelta(minutes=1)
    )


def _parameter(name: str, kind: type, words: str) -> OpenApiParameter:
    return OpenApiParameter(name, kind, "query", description=words)


class WindowFilter(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    kind = ChoiceFilter(choices=KINDS, label="What it does")
    scope = ChoiceFilter(choices=SCOPES, label="How far it reaches")


class WindowRecord(serializers.ModelSerializer[WindowEdition]):
    """A window in force: where and when it is, by the clock of its own zone."""

    of = serializers.CharField(
        source="as_window.of", help_text="Region, or slug of the cluster or tenant; or empty."
    )
    first = serializers.SerializerMethodField(
        "first_of", help_text="When it begins the first time, by the clock of `zone`."
    )

    class Meta:
        model = WindowEdition
        fields = (
            *("uuid", "window", "number", "kind", "name", "reason", "scope", "of", "zone"),
            *("first", "minutes", "rule", "until", "over_at", "put_by", "put_at", "why"),
        )

    @extend_schema_field(serializers.CharField())
    def first_of(self, edition: WindowEdition) -> str:
        return edition.as_window.first.isoformat(timespec="minutes")


class OccurrenceRecord(serializers.Serializer[Occurrence]):
    """One time that a window is, as moments."""

    begin = serializers.DateTimeField()
    end = serializers.DateTimeField()
    kind = serializers.CharField(source="window.kind")
    name = serializers.CharField(source="window.name")
    reason = serializers.CharField(source="window.reason")
    where = serializers.CharField(source="window.where")


class OccurrenceList(serializers.Serializer[Any]):
    """The times of a stretch, at most a thousand; `cut` says whether there are more."""

    results = OccurrenceRecord(many=True)
    cut = serializers.BooleanField()


class ClosureRecord(serializers.Serializer[Closure]):
    """What closes a cluster for the order now."""

    cluster = serializers.CharField(source="place.cluster")
    kind = serializers.CharField(source="window.kind")
    name = serializers.CharField(source="window.name")
    words = serializers.CharField()
    ends = serializers.DateTimeField(allow_null=True)


class SlotRecord(serializers.Serializer[Any]):
    """The next stretch in which all of an order's clusters are open; null: none in a year."""

    begin = serializers.DateTimeField(allow_null=True)
    end = serializers.DateTimeField(allow_null=True, help_text="Null: nothing closes it in a year.")
    lapses = serializers.BooleanField(help_text="An approval would have lapsed by then.")
    closures = ClosureRecord(many=True)


@dataclass(frozen=True)
class Told:
    """A slot as the answer has it."""

    begin: datetime | None
    end: datetime | None
    lapses: bool
    closures: Sequence[Closure]


class CalendarRecords(Records):
    """The calendar, to everybody who may call; windows of a tenant only to its own people."""

    authentication_classes = (access.OrderTokens, SessionAuthentication)
    throttle_classes = (access.ByMethod,)
    serializer_class = WindowRecord
    filterset_class = WindowFilter

    def seen_by(self, principal: Principal) -> QuerySet[Any]:
        return in_force.editions_for(principal).filter(ended_at=None)

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Any]:
        """Tell errors with what they mean and what to do."""
        return problems.as_problem

    @extend_schema(
        operation_id="calendar_windows_list",
        description="Windows in force: freezes and maintenance windows of the calendar.",
        responses=WindowRecord(many=True),
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Windows that whoever asks may see, in the order in which they were put in force."""
        return super().list(request, *args, **kwargs)

    @extend_schema(
        operation_id="calendar_occurrences_list",
        description="When windows come between two moments, at most a year apart.",
        parameters=[
            _parameter("begin", datetime, "From when; from now unless given."),
            _parameter("end", datetime, "Until when; a month after `begin` unless given."),
        ],
        responses=OccurrenceList,
    )
    def occurrences(self, request: Request) -> Response:
        """The times of all windows, by their begin."""
        asked = _read(Stretch, request)
        there = [each.as_window for each in self.get_queryset()]
        found = [each for window in there for each in islice(_within(window, asked), MOST + 1)]
        found.sort(key=lambda each: (each.begin, each.window.name))
        return Response(OccurrenceList({"results": found[:MOST], "cut": len(found) > MOST}).data)

    @extend_schema(
        operation_id="orders_next_free_slot",
        description="When all clusters of an order are open next, and what closes them now.",
        parameters=[
            OpenApiParameter("order", str, "path", description="UUID or number of the order."),
            _parameter("minutes", int, "How long the slot has to be; 60 unless given."),
        ],
        responses=SlotRecord,
    )
    def slot(self, request: Request, order: str) -> Response:
        """The next free slot of an order that somebody may see."""
        found = lookups.order_named(principal(request), order)
        length = timedelta(minutes=_read(Length, request)["minutes"])
        ahead = in_force.ahead_of(found, lookups.change_of(found), length=length)
        if ahead is None:
            raise TooLate("The order is over, or is being taken back.")
        begin, end = (ahead.slot.begin, ahead.slot.end) if ahead.slot else (None, None)
        return Response(SlotRecord(Told(begin, end, ahead.is_too_late, ahead.closures)).data)


def _within(window: Window, asked: Mapping[str, datetime]) -> Iterator[Occurrence]:
    return occurrences(window, asked["begin"], asked["end"])


def _read(shape: type[Query], request: Request) -> Any:
    read = shape(data=request.query_params.dict())
    if not read.is_valid():
        raise ValidationError(read.errors)
    return read.validated_data
