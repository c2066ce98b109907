"""What Flux's fetches tell about a placement's Git credential. An observation: no audit entry."""

from tenants.models import Placement


def note_fetch(placement: Placement, generation: int) -> None:
    """Keep the newest generation that Flux has fetched with, which ends those before it."""
    older = Placement.objects.filter(
        pk=placement.pk, credential_fetched__lt=generation, credential_generation__gte=generation
    )
    older.update(credential_fetched=generation)
