"""After a new field key: the portal's tokens on clusters are encrypted with it, in place."""

from dataclasses import dataclass, field

from fleet.models import Connection
from portal import vault


@dataclass
class Resealed:
    """How many tokens the newest key seals now, and the clusters whose token no key opens."""

    count: int = 0
    lost: list[str] = field(default_factory=list)


def reseal() -> Resealed:
    """Encrypt every token with the newest key; one that is renewed meanwhile has it anyway."""
    done = Resealed()
    for connection in Connection.objects.select_related("cluster").order_by("pk"):
        seen = connection.token_sealed
        try:
            anew = vault.sealed_anew(seen)
        except ValueError:
            done.lost.append(connection.cluster.slug)
            continue
        Connection.objects.filter(pk=connection.pk, token_sealed=seen).update(token_sealed=anew)
        done.count += 1
    return done
