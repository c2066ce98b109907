"""The desired state of a subject: objects, repository tree and rows. The digest is over this.

No deltas, live differences, secrets, timestamps of now or randomness: rendering twice with the
same choices gives the same bytes.
"""

from typing import Any

from django.conf import settings

from onboarding.form.answers import Spot
from onboarding.plans.choices import Choices, Chosen, of_spot
from onboarding.plans.site import Site, Subject
from onboarding.ports import GitHost, Scaffolder
from tenants import names
from tenants.catalogue import Follow
from tenants.priming import packs, render
from tenants.priming.facts import (
    Egress,
    GitSource,
    PlacementFacts,
    Quota,
    TenantFacts,
)

MAIN = "main"


def state(
    subject: Subject, site: Site, choices: Choices, scaffolds: Scaffolder, githost: GitHost
) -> dict[str, Any]:
    """Render everything. Raises PlanRefused or ScaffoldBroken in words."""
    return {
        "clusters": clusters(subject, site, choices, githost),
        "repository": _repository(subject, site, choices, scaffolds, githost),
        "record": record(subject),
    }


def clusters(subject: Subject, site: Site, choices: Choices, githost: GitHost) -> dict[str, Any]:
    """Render what the service has on each of its clusters, by the UUIDs of its placements."""
    return {
        str(spot.placement): _on_cluster(spot, subject, site, choices, githost)
        for spot in subject.allotted.spots
    }


def _on_cluster(
    spot: Spot, subject: Subject, site: Site, choices: Choices, githost: GitHost
) -> dict[str, Any]:
    chosen = of_spot(choices, spot)
    pack = packs.load(settings.BERTH_PACKS, chosen.pack)
    shared = render.render_tenant(pack, _tenant_facts(spot, site, githost))
    own = render.render_placement(pack, _placement_facts(spot, subject, site, chosen, githost))
    return {
        "cluster": site.cluster(spot).slug,
        "tenant": [_entry(each) for each in shared],
        "placement": [_entry(each) for each in own],
    }


def _entry(rendered: render.Rendered) -> dict[str, Any]:
    return {"wave": rendered.wave, "file": rendered.file, "manifest": rendered.manifest}


def _tenant_facts(spot: Spot, site: Site, githost: GitHost) -> TenantFacts:
    tenant = site.application.tenant.slug
    return TenantFacts(
        tenant=tenant,
        tenant_cluster_uuid=str(spot.tenant_cluster),
        cluster=site.cluster(spot).slug,
        control_namespace=spot.control_namespace,
        allowed_sources=(githost.address(f"{tenant}/"),),
        labels={},
    )


def _placement_facts(
    spot: Spot, subject: Subject, site: Site, chosen: Chosen, githost: GitHost
) -> PlacementFacts:
    return PlacementFacts(
        tenant=site.application.tenant.slug,
        application=site.application.slug,
        environment=site.environment.slug,
        cluster=site.cluster(spot).slug,
        region=site.cluster(spot).region,
        control_namespace=chosen.flux_namespace,
        namespace=spot.namespace,
        name=spot.name,
        placement_uuid=str(spot.placement),
        service_uuid=str(subject.allotted.service),
        shard=chosen.shard,
        allowed_sources=(githost.address(f"{site.application.tenant.slug}/"),),
        quota=_quota(site),
        egress=tuple(
            Egress(each.slug, each.cidr, each.namespace, each.port, each.protocol)
            for each in site.destinations
        ),
        source=_source(spot, subject, site, githost),
        pace=chosen.pace,
        labels=names.labels(settings.BERTH_MANDATORY_LABELS, _label_facts(site)),
    )


def _quota(site: Site) -> Quota:
    size = site.size
    return Quota(
        cpu_requests=size.cpu_requests,
        memory_requests=size.memory_requests,
        cpu_limits=size.cpu_limits,
        memory_limits=size.memory_limits,
        storage=size.storage,
        pods=size.pods,
    )


def _source(spot: Spot, subject: Subject, site: Site, githost: GitHost) -> GitSource:
    return GitSource(
        url=githost.address(subject.allotted.repository),
        follow=site.environment.follow,
        reference=site.environment.reference,
        username=f"placement-{spot.placement}",
        path=f"./deploy/overlays/{site.environment.slug}",
    )


def _label_facts(site: Site) -> dict[str, str]:
    return {
        "cost_centre": site.application.cost_centre,
        "criticality": site.application.criticality,
        "classification": site.application.classification,
        "owner": site.owner.username,
    }


def _repository(
    subject: Subject, site: Site, choices: Choices, scaffolds: Scaffolder, githost: GitHost
) -> dict[str, Any]:
    files = scaffolds.render(
        choices["scaffold"], _scaffold_answers(subject, site, choices, githost)
    )
    order = f"Onboard {site.application.slug} to {site.environment.slug}"
    return {
        "name": subject.allotted.repository,
        "key": str(subject.order_uuid),
        "message": order,
        "author": choices["author"],
        "email": choices["email"],
        "at": choices["commit_at"],
        "branches": _branches(site),
        "tags": _tags(site),
        "protected": _protected(site),
        "files": [
            {"path": file.path, "content": file.content, "executable": file.executable}
            for file in files
        ],
    }


def _scaffold_answers(
    subject: Subject, site: Site, choices: Choices, githost: GitHost
) -> dict[str, str]:
    application, environment = site.application, site.environment
    return {
        "tenant": application.tenant.slug,
        "application": application.slug,
        "application_name": application.name,
        "environment": environment.slug,
        "owner": site.owner.get_full_name() or site.owner.username,
        "owners_handle": f"@{application.tenant.slug}",
        "registry": settings.BERTH_REGISTRY,
        "starter_image": settings.BERTH_STARTER_IMAGE,
        "port": "8080",
        "scaffold_version": choices["scaffold_version"],
        "repository_url": githost.address(subject.allotted.repository),
        "follow": environment.follow,
        "reference": environment.reference,
        "protected": str(environment.reference_protected).lower(),
        "replicas": "2" if environment.production else "1",
    }


def _branches(site: Site) -> list[str]:
    if site.environment.follow != Follow.BRANCH or site.environment.reference == MAIN:
        return []
    return [site.environment.reference]


def _tags(site: Site) -> list[str]:
    """An environment that follows tags needs a first one; ranges are written from 0.1.0 on."""
    return ["v0.1.0"] if site.environment.follow == Follow.TAG else []


def _protected(site: Site) -> list[str]:
    if not site.environment.reference_protected:
        return []
    if site.environment.follow == Follow.TAG:
        return ["refs/tags/v*"]
    return [f"refs/heads/{site.environment.reference}"]


def record(subject: Subject) -> dict[str, Any]:
    """Return the rows of the record that the order owns, with the columns it sets."""
    answers = subject.answers
    return {
        "service": {
            "uuid": str(subject.allotted.service),
            "application": str(answers.application),
            "environment": answers.environment,
            "region": answers.region,
            "owner": str(answers.owner),
            "size": answers.size,
            "destinations": list(answers.destinations),
            "scaffold": answers.scaffold,
        },
        "placements": [
            {
                "uuid": str(spot.placement),
                "cluster": str(spot.cluster),
                "tenant_cluster": str(spot.tenant_cluster),
                "namespace": spot.namespace,
                "name": spot.name,
            }
            for spot in subject.allotted.spots
        ],
    }
