"""What stands on the cards of the order form: a value, and what people read of it."""

from collections.abc import Iterable, Mapping

from onboarding.changes import foretelling
from onboarding.form import room
from onboarding.form.offers import Ground, Permit
from onboarding.models import Kind, Order
from onboarding.plans.quantities import cpu, memory
from onboarding.ports import About
from portal.fields import Card
from tenants import lookups as record
from tenants.catalogue import Destination, Environment, Follow, Size
from tenants.models import Application

Choice = tuple[str, Card]


def of_application(application: Application) -> Choice:
    said = (application.tenant.name, application.reference, f"owned by {application.owner}")
    return str(application.uuid), Card(application.name, text=" · ".join(filter(None, said)))


def of_environment(
    permit: Permit, application: Application, grounds: Mapping[str, Ground], amended: Order | None
) -> Choice:
    """Return the card of an environment; one that cannot be ordered says why, and what to do.

    `grounds` says for each region what follows there.
    """
    environment = permit.environment
    refused = nowhere(grounds.values())
    return environment.slug, Card(
        environment.name,
        text=_decided(permit, application),
        facts=[
            _follows(environment),
            *(_clusters(*each, told=bool(refused)) for each in grounds.items()),
        ],
        note=environment.notice,
        blocked=_blocked(permit, application, amended) or refused,
    )


def _blocked(permit: Permit, application: Application, amended: Order | None) -> str:
    if not permit.given:
        return permit.words
    environment = permit.environment
    if amended is not None:
        return "" if environment.pk == amended.environment_id else "An amendment stays where it is."
    if record.live_service(application, environment.slug) is not None:
        return f"{application.name} is there already."
    if Order.objects.filter(application=application, environment=environment, ended_as="").exists():
        return "An order for it is under way."
    return ""


def _decided(permit: Permit, application: Application) -> str:
    return foretelling.who_would_decide(
        Kind.ONBOARD, application, permit.environment, referred=permit.is_referred
    )


def _follows(environment: Environment) -> str:
    if environment.follow == Follow.TAG:
        return f"Delivers the newest tag of {environment.reference}"
    guarded = ", protected" if environment.reference_protected else ""
    return f"Delivers branch {environment.reference}{guarded}"


def _clusters(region: str, ground: Ground, *, told: bool) -> str:
    """Name the clusters in a region; `told` says that the card gives the reason for none anyway."""
    if ground.clusters:
        return f"{region}: {room.in_words(ground.clusters)}"
    if not ground.is_refused:
        return f"{region}: no cluster"
    return f"{region}: {'none that may hold its data' if told else ground.why_not}"


def nowhere(grounds: Iterable[Ground]) -> str:
    """Return why nothing can be chosen: the matrix refuses whatever there would be."""
    several = list(grounds)
    if any(each.clusters for each in several):
        return ""
    return " ".join(dict.fromkeys(each.why_not for each in several if each.is_refused))


def of_region(region: str, grounds: Iterable[Ground]) -> Choice:
    """Return the card of a region; `grounds` says what follows there in each environment."""
    return region, Card(region, blocked=nowhere(grounds))


def of_size(size: Size) -> Choice:
    return size.slug, Card(
        size.name,
        text=size.fits,
        facts=[
            f"{cpu(size.cpu_requests)} guaranteed, at most {cpu(size.cpu_limits)}",
            f"{memory(size.memory_requests)} of memory, at most {memory(size.memory_limits)}",
            f"{memory(size.storage)} of storage, {size.pods} pods",
        ],
    )


def of_scaffold(about: About) -> Choice:
    return about.name, Card(
        f"{about.title} {about.version}", text=about.summary, facts=list(about.contents)
    )


def of_destination(destination: Destination) -> Choice:
    target = destination.cidr or f"namespace {destination.namespace}"
    return destination.slug, Card(
        destination.name,
        text=destination.description,
        facts=[f"{target}, port {destination.port} {destination.protocol}"],
    )
