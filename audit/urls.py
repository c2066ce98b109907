"""Routes of the ledger."""

from django.urls import path

from audit import views

app_name = "audit"
urlpatterns = [
    path("", views.entries, name="entries"),
    path("<uuid:uuid>/", views.entry, name="entry"),
]
