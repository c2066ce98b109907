"""The packs that are there, and the parser of Kubernetes where Go is installed."""

import shutil
from collections.abc import Iterator

import pytest

from tests.properties import kubernetes
from tests.properties.kubernetes import Parser


@pytest.fixture(scope="session")
def parser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parser]:
    if shutil.which("go") is None:
        pytest.skip("no Go on this machine, so the parser of Kubernetes cannot be built")
    started = kubernetes.started(kubernetes.build(tmp_path_factory.mktemp("go")))
    yield started
    started.process.communicate(timeout=10)
