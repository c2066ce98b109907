"""Letting an order pass the calendar for an incident, over the API. For people, not for tokens."""

from rest_framework.request import Request
from rest_framework.response import Response

from onboarding import actions
from onboarding.api import access, serializers
from onboarding.api.views import Orders, described


class Emergencies(Orders):
    """Asked, confirmed by a second person, and reviewed."""

    @described("emergency", "Ask that the order may pass the calendar.", serializers.Emergency)
    def ask(self, request: Request, **_address: str) -> Response:
        found = self.get_object()
        by = access.present_person(request)
        actions.break_glass(found, **self.body(serializers.Emergency), by=by)
        return self.told(found)

    @described("emergency_confirm", "Confirm it as the second person.", serializers.Reason)
    def confirm(self, request: Request, **_address: str) -> Response:
        found = self.get_object()
        by = access.present_person(request)
        said = self.body(serializers.Reason)
        actions.confirm(found, by=by, reason=said["reason"])
        return self.told(found)

    @described("emergency_review", "Say afterwards what was found.", serializers.Reviewed)
    def review(self, request: Request, **_address: str) -> Response:
        found = self.get_object()
        by = access.present_person(request)
        actions.review(found, **self.body(serializers.Reviewed), by=by)
        return self.told(found)
