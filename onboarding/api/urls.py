"""Routes of orders in the API, version 1. Each works with and without a slash at its end."""

from django.urls import URLPattern, re_path

from onboarding.api.assessments import Assessments
from onboarding.api.calendar import CalendarRecords
from onboarding.api.changes import NextStates
from onboarding.api.delegations import Delegations, EndDelegation
from onboarding.api.emergencies import Emergencies
from onboarding.api.evidence import EvidencePack, Population
from onboarding.api.views import OrderMoves, OrderRecords

app_name = "order-api"

ORDER = r"^orders/(?P<order>[0-9]{1,400}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"


def _move(verb: str) -> URLPattern:
    view = OrderMoves.as_view({"post": verb.replace("-", "_")})
    return re_path(rf"{ORDER}/{verb}/?$", view, name=verb)


VERBS = (
    "withdraw",
    "amend",
    "retry",
    "approve",
    "refuse",
    "ask",
    "answer",
    "take-back",
    "schedule",
)


urlpatterns = [
    re_path(r"^orders/?$", OrderRecords.as_view({"get": "list", "post": "create"}), name="orders"),
    re_path(r"^orders/export/?$", Population.as_view(), name="export"),
    re_path(rf"{ORDER}/evidence-pack/?$", EvidencePack.as_view(), name="evidence-pack"),
    re_path(rf"{ORDER}/assessments/?$", Assessments.as_view(), name="assessments"),
    re_path(rf"{ORDER}/?$", OrderRecords.as_view({"get": "retrieve"}), name="order"),
    re_path(rf"{ORDER}/plan/?$", OrderRecords.as_view({"get": "plan"}), name="plan"),
    re_path(
        rf"{ORDER}/next-free-slot/?$",
        CalendarRecords.as_view({"get": "slot"}),
        name="next-free-slot",
    ),
    re_path(r"^calendar/windows/?$", CalendarRecords.as_view({"get": "list"}), name="windows"),
    re_path(
        r"^calendar/occurrences/?$",
        CalendarRecords.as_view({"get": "occurrences"}),
        name="occurrences",
    ),
    re_path(
        r"^changes/(?P<number>[^/]+)/next-states/?$",
        NextStates.as_view(),
        name="next-states",
    ),
    re_path(r"^delegations/?$", Delegations.as_view(), name="delegations"),
    re_path(
        r"^delegations/(?P<uuid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/end/?$",
        EndDelegation.as_view(),
        name="end-delegation",
    ),
    re_path(rf"{ORDER}/emergency/?$", Emergencies.as_view({"post": "ask"}), name="break-glass"),
    re_path(
        rf"{ORDER}/emergency/confirm/?$",
        Emergencies.as_view({"post": "confirm"}),
        name="confirm-glass",
    ),
    re_path(
        rf"{ORDER}/emergency/review/?$",
        Emergencies.as_view({"post": "review"}),
        name="review-glass",
    ),
    *map(_move, VERBS),
]
