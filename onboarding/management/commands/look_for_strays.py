"""Goes over clusters and the Git host by hand, as the sweeper does each night."""

from typing import Any

from django.core.management.base import BaseCommand

from fleet import beats
from fleet.models import Beat, Stray
from onboarding.running import nightly
from portal.clock import now


class Command(BaseCommand):
    help = (
        "Look for what nobody owns, for what is gone, and whether the guards stand. What is seen "
        "for the first time counts after a second look, a quarter of an hour later."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        beats.make_all_due()
        answered = set(nightly.look_around())
        while Beat.objects.filter(due_at__lte=now()).exists():  # so many clusters at a time
            answered |= set(nightly.look_around())
        self.stdout.write(f"Answered: {', '.join(sorted(answered)) or 'nobody'}.")
        for beat in Beat.objects.exclude(last_error="").select_related("cluster"):
            self.stdout.write(f"Silent: {beat}: {beat.last_error}")
        for stray in Stray.objects.filter(gone_at=None).select_related("beat__cluster"):
            since = "new" if stray.settled_at is None else f"since {stray.first_seen_at:%Y-%m-%d}"
            kind, detail = stray.get_kind_display(), f" ({stray.detail})" if stray.detail else ""
            self.stdout.write(f"{kind} on {stray.beat}: {stray.name}, {since}{detail}")
