"""Routes of orders in the API, version 1. Each works with and without a slash at its end."""

from django.urls import URLPattern, re_path

from onboarding.api.views import OrderMoves, OrderRecords

app_name = "order-api"

ORDER = r"^orders/(?P<order>[0-9]{1,400}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"


def _move(verb: str) -> URLPattern:
    return re_path(rf"{ORDER}/{verb}/?$", OrderMoves.as_view({"post": verb}), name=verb)


urlpatterns = [
    re_path(r"^orders/?$", OrderRecords.as_view({"get": "list", "post": "create"}), name="orders"),
    re_path(rf"{ORDER}/?$", OrderRecords.as_view({"get": "retrieve"}), name="order"),
    re_path(rf"{ORDER}/plan/?$", OrderRecords.as_view({"get": "plan"}), name="plan"),
    *map(_move, ("withdraw", "amend", "retry", "approve", "refuse")),
]
