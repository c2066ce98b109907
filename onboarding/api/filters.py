"""How the list of orders is narrowed."""

from datetime import datetime

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
