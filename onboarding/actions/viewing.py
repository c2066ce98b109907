"""Views of one's own inbox: filters under a name. Nothing rests on them, so no entry is made."""

from django.http import QueryDict

from accounts.models import User
from onboarding.changes.models import InboxView

MOST = 20  # views of one person; the oldest goes when there are more


def keep_view(name: str, query: str, *, by: User) -> InboxView:
    """Keep filters under a name; a view of that name is replaced."""
    plain = QueryDict(query.replace("\0", "")[:500]).urlencode()
    view, _ = InboxView.objects.update_or_create(person=by, name=name, defaults={"query": plain})
    kept = InboxView.objects.filter(person=by).order_by("-pk").values("pk")[:MOST]
    InboxView.objects.filter(person=by).exclude(
        pk__in=list(kept.values_list("pk", flat=True))
    ).delete()
    return view


def drop_view(view: InboxView) -> None:
    """Throw a view away; again is nothing."""
    InboxView.objects.filter(pk=view.pk).delete()
