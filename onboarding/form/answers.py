"""What a person answered in the order form, and what was allotted to it at submit."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Answers:
    """The answers of one order: one application in one environment."""

    application: UUID
    environment: str
    region: str
    name: str  # stands for the application in names on clusters; its slug unless that was taken
    size: str
    scaffold: str
    destinations: tuple[str, ...]
    owner: UUID

    def as_json(self) -> dict[str, Any]:
        """Return the answers as they are stored with a revision."""
        return asdict(self) | {
            "application": str(self.application),
            "owner": str(self.owner),
            "destinations": list(self.destinations),
        }


def read(stored: Mapping[str, Any]) -> Answers:
    """Return the answers of a revision."""
    return Answers(
        application=UUID(stored["application"]),
        environment=stored["environment"],
        region=stored["region"],
        name=stored["name"],
        size=stored["size"],
        scaffold=stored["scaffold"],
        destinations=tuple(sorted(stored["destinations"])),
        owner=UUID(stored["owner"]),
    )


@dataclass(frozen=True)
class Spot:
    """A place on one cluster: the UUIDs and names that the placement there will have."""

    placement: UUID
    cluster: UUID
    tenant_cluster: UUID
    control_namespace: str
    namespace: str
    name: str


@dataclass(frozen=True)
class Allotted:
    """UUIDs and names given to an order. They are stored, never parsed or computed again."""

    service: UUID
    repository: str
    spots: tuple[Spot, ...]

    def as_json(self) -> dict[str, Any]:
        """Return what was allotted as it is stored with a revision."""
        return {
            "service": str(self.service),
            "repository": self.repository,
            "spots": [_spot_as_json(spot) for spot in self.spots],
        }


def read_allotted(stored: Mapping[str, Any]) -> Allotted:
    """Return what was allotted to a revision."""
    return Allotted(
        service=UUID(stored["service"]),
        repository=stored["repository"],
        spots=_spots(stored["spots"]),
    )


def _spots(stored: Sequence[Mapping[str, str]]) -> tuple[Spot, ...]:
    return tuple(
        Spot(
            placement=UUID(spot["placement"]),
            cluster=UUID(spot["cluster"]),
            tenant_cluster=UUID(spot["tenant_cluster"]),
            control_namespace=spot["control_namespace"],
            namespace=spot["namespace"],
            name=spot["name"],
        )
        for spot in stored
    )


def _spot_as_json(spot: Spot) -> dict[str, str]:
    return {key: str(value) for key, value in asdict(spot).items()}
