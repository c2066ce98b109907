"""Every core object is what Kubernetes takes, unknown fields refused, without asking a cluster.

Flux objects are held to their CRDs by a real API server, in tests/deploy.
"""

import kubernetes_validate
import pytest

from tenants.priming import render
from tenants.priming.packs import Pack
from tenants.priming.shapes import Rendered
from tests.tenants.priming import facts_made

VERSIONS = ("1.34", "1.35", "1.36")  # that Flux 2.9 supports


def core(standard: Pack) -> list[Rendered]:
    made = (
        *render.render_tenant(standard, facts_made.tenant_facts()),
        *render.render_placement(standard, facts_made.placement_facts()),
    )
    return [each for each in made if "fluxcd.io" not in each.manifest["apiVersion"]]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_core_object_fits_its_schema(standard: Pack, version: str) -> None:
    for each in core(standard):
        kubernetes_validate.validate(each.manifest, version, strict=True)


def test_the_check_sees_an_unknown_field(standard: Pack) -> None:
    (quota, *_) = [
        each.manifest for each in core(standard) if each.manifest["kind"] == "ResourceQuota"
    ]
    quota["spec"]["soft"] = {}
    with pytest.raises(kubernetes_validate.ValidationError, match="soft"):
        kubernetes_validate.validate(quota, VERSIONS[-1], strict=True)
