"""How the list of orders is narrowed."""

from datetime import date, datetime

import django_filters
from django.db.models import QuerySet
from django_filters.rest_framework import FilterSet
from rest_framework.request import Request

from accounts.models import User
from onboarding import lookups
from onboarding.models import Kind, Order

ME = (("me", "Whoever asks"),)


class OrderFilter(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    request: Request

    state = django_filters.ChoiceFilter(
        choices=lookups.STATES, method="standing", label="How it stands"
    )
    kind = django_filters.ChoiceFilter(choices=Kind.choices)
    tenant = django_filters.CharFilter("tenant__slug", label="Slug of the tenant")
    application = django_filters.CharFilter("application__slug", label="Slug of the application")
    environment = django_filters.CharFilter("environment", label="Slug of the environment")
    requester = django_filters.ChoiceFilter(
        choices=ME, method="asked_by", label="Only orders of whoever asks"
    )
    updated_since = django_filters.IsoDateTimeFilter(
        method="touched", label="Something happened to it at this time or later (RFC 3339)"
    )

    def standing(self, orders: QuerySet[Order], _name: str, state: str) -> QuerySet[Order]:
        """Keep orders that stand like this."""
        return lookups.in_state(orders, state)

    def asked_by(self, orders: QuerySet[Order], _name: str, _me: str) -> QuerySet[Order]:
        """Keep what this person asked for; a machine asked for nothing."""
        user = self.request.user
        return orders.filter(requester=user) if isinstance(user, User) else orders.none()

    def touched(self, orders: QuerySet[Order], _name: str, since: datetime) -> QuerySet[Order]:
        """Keep orders that somebody or something moved since."""
        return lookups.touched_since(orders, since)


MOMENTS = (
    ("submitted", "When it was ordered"),
    ("started", "When the change started"),
    ("ended", "When it was over"),
)


class PopulationFilter(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    """How a population is narrowed; days are whole days in UTC, the first and the last included."""

    environment = django_filters.CharFilter("environment", label="Slug of the environment")
    production = django_filters.BooleanFilter(
        "environment__production", label="Whether the environment is one of production"
    )
    tenant = django_filters.CharFilter("tenant__slug", label="Slug of the tenant")
    kind = django_filters.ChoiceFilter(choices=Kind.choices, label="What was asked for")
    result = django_filters.ChoiceFilter(
        choices=lookups.STATES, method="standing", label="How it ended, or stands"
    )
    moment = django_filters.ChoiceFilter(
        choices=MOMENTS, method="nothing", label="What `since` and `until` are about"
    )
    since = django_filters.DateFilter(method="from_day", label="The first day, such as 2026-07-01")
    until = django_filters.DateFilter(method="to_day", label="The last day, such as 2026-09-30")

    def standing(self, orders: QuerySet[Order], _name: str, state: str) -> QuerySet[Order]:
        """Keep orders that stand like this."""
        return lookups.in_state(orders, state)

    def nothing(self, orders: QuerySet[Order], _name: str, _moment: str) -> QuerySet[Order]:
        """Leave orders as they are: it says what the days mean."""
        return orders

    def from_day(self, orders: QuerySet[Order], _name: str, day: date) -> QuerySet[Order]:
        """Keep what was no earlier than this day."""
        return lookups.from_day(orders, self._moment, day)

    def to_day(self, orders: QuerySet[Order], _name: str, day: date) -> QuerySet[Order]:
        """Keep what was no later than this day."""
        return lookups.to_day(orders, self._moment, day)

    @property
    def _moment(self) -> str:
        chosen: str = self.form.cleaned_data.get("moment", "")
        return chosen
