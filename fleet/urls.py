"""Routes of the watch."""

from django.urls import path

from fleet import views

app_name = "fleet"
urlpatterns = [
    path("", views.clusters, name="clusters"),
    path("<uuid:uuid>/", views.cluster, name="cluster"),
    path("deliveries/<uuid:uuid>/", views.deliveries, name="deliveries"),
    path("<uuid:uuid>/look/", views.look, name="look"),
]
