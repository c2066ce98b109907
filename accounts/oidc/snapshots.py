"""What a provider said of a person at the last sign-in, for whoever decides by it."""

from accounts.models import Snapshot, User


def of(person: User) -> Snapshot | None:
    """Return it; there is none of somebody with a local account."""
    return Snapshot.objects.filter(user=person).first()
