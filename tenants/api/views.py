"""The record as lists and details, read only. What is found follows from who asks."""

import hashlib
import json
from functools import cached_property
from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from accounts.machines import Principal
from tenants import listings, lookups, matrix
from tenants.api import filters, serializers
from tenants.api.permissions import principal
from tenants.eligibility import Matrix


class Narrow(DjangoFilterBackend):  # type: ignore[misc]  # django-filter ships no types
    """Filters by the view's filter set, and refuses parameters that it does not know."""

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: "Records"
    ) -> QuerySet[Any]:
        """Narrow lists; a detail is found by its UUID alone."""
        if view.action != "list":
            return queryset
        return filters.narrowed(queryset, view.filterset_class, request)


class Records(ReadOnlyModelViewSet[Any]):
    """A list with filters and cursor, and details by UUID with an ETag."""

    lookup_field = "uuid"
    lookup_value_converter = "uuid"
    filter_backends = (Narrow,)
    filterset_class: type[FilterSet]
    serializer_class: type[serializers.Shown]
    swagger_fake_view = False  # drf-spectacular sets it while it looks at the view

    def seen_by(self, principal: Principal) -> QuerySet[Any]:
        """Return the rows that somebody may see."""
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Any]:
        """Return what whoever asks may see; nothing while only the schema is drawn up."""
        if self.swagger_fake_view:
            return QuerySet(self.serializer_class.Meta.model).none()
        return self.seen_by(principal(self.request))

    @cached_property
    def sees_everything(self) -> bool:
        """Tell the serializers whether whoever asks sees every tenant."""
        return lookups.sees_everything(principal(self.request))

    @cached_property
    def rules(self) -> Matrix:
        """Give the serializers the eligibility matrix, read once."""
        return matrix.in_force()

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One record by its UUID, or 304 where the caller has this version already."""
        whole = super().retrieve(request, *args, **kwargs)
        tag = _etag(whole.data)
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        if tag in _offered(request):
            return Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(whole.data, headers=headers)


def _etag(shown: dict[str, Any]) -> str:
    """The version comes first for people; the hash also covers what other rows lend to this one."""
    text = json.dumps(shown, sort_keys=True, default=str)
    return f'"{shown.get("version", 0)}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"'


def _offered(request: Request) -> list[str]:
    tags = request.headers.get("If-None-Match", "").split(",")
    return [tag.strip().removeprefix("W/") for tag in tags]


class TenantRecords(Records):
    """Tenants: organisational owners."""

    serializer_class = serializers.TenantRecord
    filterset_class = filters.TenantFilter

    def seen_by(self, principal: Principal) -> QuerySet[Any]:
        return lookups.tenants_of(principal)


class ApplicationRecords(Records):
    """Business applications of tenants."""

    serializer_class = serializers.ApplicationRecord
    filterset_class = filters.ApplicationFilter

    def seen_by(self, principal: Principal) -> QuerySet[Any]:
        return lookups.applications_of(principal)


class ServiceRecords(Records):
    """Services: an application in one environment."""

    serializer_class = serializers.ServiceRecord
    filterset_class = filters.ServiceFilter

    def seen_by(self, principal: Principal) -> QuerySet[Any]:
        return listings.with_placements(lookups.services_of(principal))


class ClusterRecords(Records):
    """Clusters: the members of the fleet."""

    serializer_class = serializers.ClusterRecord
    filterset_class = filters.ClusterFilter

    def seen_by(self, principal: Principal) -> QuerySet[Any]:
        return lookups.clusters_for(principal)


class PresenceRecords(Records):
    """A tenant's presence on a cluster: its control namespace there."""

    serializer_class = serializers.PresenceRecord
    filterset_class = filters.PresenceFilter

    def seen_by(self, principal: Principal) -> QuerySet[Any]:
        return lookups.presences_of(principal)


class PlacementRecords(Records):
    """Placements: a service on one cluster."""

    serializer_class = serializers.PlacementRecord
    filterset_class = filters.PlacementFilter

    def seen_by(self, principal: Principal) -> QuerySet[Any]:
        return lookups.placements_of(principal)


class ClaimRecords(Records):
    """Claims: names that are taken. For those who see every tenant."""

    serializer_class = serializers.ClaimRecord
    filterset_class = filters.ClaimFilter

    def seen_by(self, principal: Principal) -> QuerySet[Any]:
        return lookups.claims_of(principal)


class RuleRecords(Records):
    """Rows of the eligibility matrix, past ones too. For those who see every tenant."""

    serializer_class = serializers.RuleRecord
    filterset_class = filters.RuleFilter

    def seen_by(self, principal: Principal) -> QuerySet[Any]:
        return matrix.rules_for(principal)
