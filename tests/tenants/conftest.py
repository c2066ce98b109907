"""Fixtures of the record: an application of retail, and what an order would register for it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeAlias
from uuid import uuid4

import pytest
from django.db import connection

from accounts.models import User
from audit.ledger import Actor
from tenants import names
from tenants.actions.registration import PlacementSpec, ServiceSpec
from tenants.models import Application, Cluster, Tenant
from tests.make import make_application, make_cluster, make_environment, make_size

ENGINE = Actor("system:engine", "Berth")
AtOnce: TypeAlias = Callable[..., list[Any]]


@pytest.fixture
def basket(retail: Tenant, alice: User) -> Application:
    return make_application("basket", tenant=retail, owner=alice)


@pytest.fixture
def eu1(db: None) -> Cluster:
    return make_cluster("eu1-a")


def spec_of(application: Application, *clusters: Cluster, **changes: Any) -> ServiceSpec:
    """Return what the plan of an order for `dev` would register."""
    make_environment("dev")
    make_size("s")
    fields: dict[str, Any] = {
        "uuid": uuid4(),
        "application": application.uuid,
        "environment": "dev",
        "region": "eu1",
        "owner": application.owner.uuid,
        "size": "s",
        "scaffold": "web-service",
        "destinations": (),
        "placements": tuple(placement_of(application, cluster) for cluster in clusters),
    }
    return ServiceSpec(**(fields | changes))


def placement_of(application: Application, cluster: Cluster, **changes: Any) -> PlacementSpec:
    slug = application.tenant.slug
    fields: dict[str, Any] = {
        "uuid": uuid4(),
        "cluster": cluster.uuid,
        "tenant_cluster": names.presence_uuid(application.tenant.uuid, cluster.uuid),
        "control_namespace": f"{slug}-flux",
        "pack": "standard",
        "flux_namespace": f"{slug}-flux",
        "namespace": f"{slug}-{application.slug}-dev",
        "name": f"{application.slug}-dev",
    }
    return PlacementSpec(**(fields | changes))


@pytest.fixture
def at_once(transactional_db: None) -> AtOnce:
    """Run calls in threads that start together; return their results, or what they raised."""

    def run(*calls: Callable[[], Any]) -> list[Any]:
        start = Barrier(len(calls))

        def one(call: Callable[[], Any]) -> Any:
            start.wait(timeout=10)
            try:
                return call()
            except Exception as error:  # noqa: BLE001  # what a racer met is the result
                return error
            finally:
                connection.close()

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(one, calls))

    return run
