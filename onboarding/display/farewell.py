"""What a finished order leaves its people with: the line to clone, links, and what comes next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings

from onboarding.models import Order, Progress
from tenants.models import Placement

FINISHED = (Progress.DONE, Progress.REHEARSED)


@dataclass(frozen=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True)
class Farewell:
    """`part` is the template of the kind of order, `clone` a line for the terminal.

    `links` come from the operators' URL templates.
    """

    part: str
    clone: str
    folder: str
    links: Sequence[Link]


def of(order: Order, placements: Sequence[Placement]) -> Farewell | None:
    """Return what to show on a finished order; None where the order left nothing behind."""
    if order.ended_as not in FINISHED:
        return None
    url = order.application.repository_url
    return Farewell(
        part=f"onboarding/farewells/{order.kind}.html",
        clone=f"git clone {url}" if url else "",
        folder=order.application.slug,
        links=[link for place in placements for link in _links(order, place)],
    )


def _links(order: Order, place: Placement) -> list[Link]:
    facts = {
        "tenant": order.tenant.slug,
        "application": order.application.slug,
        "environment": order.environment_id,
        "cluster": place.cluster.slug,
        "region": place.cluster.region,
        "namespace": place.namespace,
        "name": place.name,
    }
    return [
        Link(f"{label} on {place.cluster.slug}", _filled(template, facts))
        for label, template in settings.BERTH_LINKS.items()
    ]


def _filled(template: str, facts: Mapping[str, str]) -> str:
    """Put facts into `{braces}`; braces that name no fact stay as they are."""
    for name, value in facts.items():
        template = template.replace(f"{{{name}}}", value)
    return template
