"""How lists of the API are narrowed. An unknown parameter is refused, never ignored."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django_filters.rest_framework import FilterSet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from tenants import listings
from tenants.api.pagination import PARAMETERS
from tenants.gradings import Classification, Criticality
from tenants.lifecycle import LIVE, Lifecycle
from tenants.models import (
    ClaimKind,
    Delivery,
    Presence,
    Service,
)

ALWAYS = PARAMETERS | {"format"}


class Narrowing(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    """What every list can be narrowed by."""

    updated_since = django_filters.IsoDateTimeFilter(
        field_name="updated_at",
        lookup_expr="gte",
        label="Changed at this time or later (RFC 3339)",
    )


class TenantFilter(Narrowing):
    slug = django_filters.CharFilter(label="Slug of the tenant")


class ApplicationFilter(Narrowing):
    tenant = django_filters.CharFilter("tenant__slug", label="Slug of the tenant")
    slug = django_filters.CharFilter(label="Slug of the application")
    reference = django_filters.CharFilter(label="Number in the portfolio")
    owner = django_filters.CharFilter("owner__username", label="User name of the owner")
    criticality = django_filters.ChoiceFilter(choices=Criticality.choices)
    classification = django_filters.ChoiceFilter(choices=Classification.choices)
    retired = django_filters.BooleanFilter(
        "retired_at", "isnull", exclude=True, label="Whether it is retired"
    )


class ServiceFilter(Narrowing):
    tenant = django_filters.CharFilter("application__tenant__slug", label="Slug of the tenant")
    application = django_filters.CharFilter("application__slug", label="Slug of the application")
    environment = django_filters.CharFilter("environment", label="Slug of the environment")
    region = django_filters.CharFilter(label="Region")
    owner = django_filters.CharFilter("owner__username", label="User name of the owner")
    lifecycle = django_filters.ChoiceFilter(choices=Lifecycle.choices)
    cluster = django_filters.CharFilter(
        method="placed_on", label="Slug of a cluster that it is placed on"
    )

    review = django_filters.ChoiceFilter(
        method="in_review",
        choices=(("overdue", "overdue"), ("soon", "soon"), ("left", "left")),
        label="Whose review is overdue, is due soon, or whose owner has left",
    )

    def in_review(self, rows: QuerySet[Service], _name: str, word: str) -> QuerySet[Service]:
        """Keep services whose owner is asked, or has left."""
        return listings.in_review(rows, word)

    def placed_on(self, rows: QuerySet[Service], _name: str, slug: str) -> QuerySet[Service]:
        """Keep services with a live placement on the cluster."""
        here = {"placements__cluster__slug": slug, "placements__lifecycle__in": LIVE}
        return rows.filter(**here)


class ClusterFilter(Narrowing):
    slug = django_filters.CharFilter(label="Slug of the cluster")
    region = django_filters.CharFilter(label="Region")
    environment = django_filters.CharFilter("environments", label="Slug of an environment")
    delivery = django_filters.ChoiceFilter(choices=Delivery.choices)
    accepting = django_filters.BooleanFilter(label="Whether it takes new services")


class PresenceFilter(Narrowing):
    tenant = django_filters.CharFilter("tenant__slug", label="Slug of the tenant")
    cluster = django_filters.CharFilter("cluster__slug", label="Slug of the cluster")
    presence = django_filters.ChoiceFilter(choices=Presence.choices)


class PlacementFilter(Narrowing):
    tenant = django_filters.CharFilter(
        "service__application__tenant__slug", label="Slug of the tenant"
    )
    application = django_filters.CharFilter(
        "service__application__slug", label="Slug of the application"
    )
    environment = django_filters.CharFilter("service__environment", label="Slug of the environment")
    service = django_filters.UUIDFilter("service__uuid", label="UUID of the service")
    cluster = django_filters.CharFilter("cluster__slug", label="Slug of the cluster")
    namespace = django_filters.CharFilter(label="Name of the namespace")
    lifecycle = django_filters.ChoiceFilter(choices=Lifecycle.choices)


class ClaimFilter(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    kind = django_filters.ChoiceFilter(choices=ClaimKind.choices)
    scope = django_filters.CharFilter(label="UUID of the cluster, or name of the Git host")
    name = django_filters.CharFilter(label="The name that is taken")
    order = django_filters.UUIDFilter("order_uuid", label="UUID of the order")
    live = django_filters.BooleanFilter(
        "released_at", "isnull", label="Whether the name is still taken"
    )


class RuleFilter(Narrowing):
    environment = django_filters.CharFilter(label="Slug of the environment that is named")
    classification = django_filters.ChoiceFilter(choices=Classification.choices)
    allows = django_filters.BooleanFilter(label="Whether the row allows; the others refuse")
    in_force = django_filters.BooleanFilter(
        "until", "isnull", label="Whether the row counts now; the others did once"
    )


def narrowed(rows: QuerySet[Any], kind: type[FilterSet], request: Request) -> QuerySet[Any]:
    """Return the rows that the parameters leave. Raises ValidationError by parameter."""
    unknown = set(request.query_params) - set(kind.base_filters) - ALWAYS
    if unknown:
        raise ValidationError(dict.fromkeys(sorted(unknown), "There is no such parameter here."))
    asked = kind(request.query_params, queryset=rows, request=request)
    if not asked.is_valid():
        raise ValidationError(asked.errors)
    narrow: QuerySet[Any] = asked.qs
    return narrow
