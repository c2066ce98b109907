"""Every route of the portal, by room."""

from django.urls import URLPattern, URLResolver, include, path

from portal import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("", include("accounts.urls")),
    path("audit/", include("audit.urls")),
    path("fleet/", include("fleet.urls")),
    path("api/v1/", include("tenants.api.urls")),
    path("api/v1/", include("onboarding.api.urls")),
    path("", include("tenants.urls")),
    path("", include("onboarding.urls")),
]
