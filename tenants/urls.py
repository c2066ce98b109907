"""Pages of the record."""

from django.urls import path

from tenants.views import instances, offers, owners, reviews

app_name = "tenants"
urlpatterns = [
    path("services/", instances.services, name="services"),
    path("services/<uuid:uuid>/", instances.service, name="service"),
    path("services/<uuid:uuid>/placements/", instances.placements, name="service-placements"),
    path("services/<uuid:uuid>/history/", instances.history, name="service-history"),
    path("services/<uuid:uuid>/raw/", instances.raw, name="service-raw"),
    path("services/<uuid:uuid>/confirm/", reviews.confirm, name="confirm-service"),
    path("services/<uuid:uuid>/hand-over/", reviews.hand_over, name="hand-over"),
    path("tenants/", owners.tenants, name="tenants"),
    path("tenants/new/", owners.make_tenant, name="make-tenant"),
    path("tenants/<uuid:uuid>/", owners.tenant, name="tenant"),
    path("tenants/<uuid:uuid>/change/", owners.change_tenant, name="change-tenant"),
    path("tenants/<uuid:uuid>/members/", owners.add_member, name="add-member"),
    path(
        "tenants/<uuid:uuid>/members/<uuid:person>/remove/",
        owners.remove_member,
        name="remove-member",
    ),
    path("tenants/<uuid:uuid>/applications/new/", owners.make_application, name="make-application"),
    path("applications/", owners.applications, name="applications"),
    path("applications/<uuid:uuid>/", owners.application, name="application"),
    path("applications/<uuid:uuid>/change/", owners.change_application, name="change-application"),
    path("applications/<uuid:uuid>/retire/", owners.retire_application, name="retire-application"),
    path("clusters/", offers.clusters, name="clusters"),
    path("clusters/<uuid:uuid>/", offers.cluster, name="cluster"),
    path("clusters/<uuid:uuid>/rules/", offers.change_cluster, name="change-cluster"),
    path("catalogue/", offers.catalogue, name="catalogue"),
    path("catalogue/<slug:kind>/new/", offers.make_offer, name="make-offer"),
    path("catalogue/<slug:kind>/<slug:slug>/change/", offers.change_offer, name="change-offer"),
    path("machines/sight/", offers.sight, name="sight"),
    path(
        "machines/<uuid:uuid>/sight/<int:number>/withdraw/",
        offers.withdraw_sight,
        name="withdraw-sight",
    ),
]
