"""The two ways in which a pack lays a placement out: beside a ground that is shared, or by itself.

Which of them a pack follows is told by what it makes, never by its name: a pack whose `tenant/`
part makes a namespace shares it between the placements of a tenant on a cluster.
"""

from dataclasses import dataclass

from tenants.priming import shapes
from tenants.priming.facts import PlacementFacts
from tenants.priming.packs import Pack


@dataclass(frozen=True)
class Layout:
    """What a placement's namespace is, and who gets which role in it."""

    shared: bool  # Flux objects stand in the tenant's control namespace
    scope: str  # label of the placement's namespace, by which guards know it
    primer: str  # role of the portal in it
    reconciler: str  # role of the account that Flux impersonates

    def control_namespace(self, tenants: str, own: str) -> str:
        """Return where the Flux objects of a placement stand: the tenant's namespace or its own."""
        return tenants if self.shared else own


SHARED = Layout(
    shared=True,
    scope="workload",
    primer="berth:namespace-primer",
    reconciler="berth:workload-reconciler",
)
SINGLE = Layout(
    shared=False,
    scope="single",
    primer="berth:single-primer",
    reconciler="berth:single-reconciler",
)

# The only Secret that the portal can touch in a namespace with an application in it: the roles and
# guards of deploy/cluster name it.
SINGLE_CREDENTIAL = "berth-git"


def of(pack: Pack) -> Layout:
    """Return how the pack lays placements out."""
    return SHARED if shapes.NAMESPACE in pack.kinds["tenant"] else SINGLE


def fits(layout: Layout, facts: PlacementFacts) -> bool:
    """Say whether the facts name two namespaces where there are two, and one where there is one."""
    return layout.shared == (facts.control_namespace != facts.namespace)
