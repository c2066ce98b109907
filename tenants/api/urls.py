"""Routes of the API, version 1."""

from django.urls import URLPattern, path

from tenants.api import dump, reference, schema, views

app_name = "api"


def _records(name: str, records: type[views.Records]) -> list[URLPattern]:
    return [
        path(f"{name}/", records.as_view({"get": "list"}), name=name),
        path(f"{name}/<uuid:uuid>/", records.as_view({"get": "retrieve"}), name=f"{name}-one"),
    ]


urlpatterns = [
    path("services/export", dump.ServiceExport.as_view(), name="export"),
    *_records("tenants", views.TenantRecords),
    *_records("applications", views.ApplicationRecords),
    *_records("services", views.ServiceRecords),
    *_records("clusters", views.ClusterRecords),
    *_records("tenant-clusters", views.PresenceRecords),
    *_records("placements", views.PlacementRecords),
    *_records("claims", views.ClaimRecords),
    *_records("eligibility-rules", views.RuleRecords),
    path("schema/", schema.Schema.as_view(), name="schema"),
    path("docs/", reference.page, name="docs"),
]
