"""The description of the API is a promise: a change to it shows in review."""

from pathlib import Path
from typing import Any

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.validation import validate_schema

from accounts.models import User
from tenants.api import reference, schema
from tests.make import browser_of

validate: Any = validate_schema  # drf-spectacular is typed in part
COMMITTED = Path(__file__).parents[2] / "docs" / "api.yaml"


def test_the_committed_description_is_what_the_code_says() -> None:
    renderer: Any = OpenApiYamlRenderer()
    written = renderer.render(schema.document(), renderer_context={})
    # manage.py spectacular --file docs/api.yaml
    assert COMMITTED.read_bytes() == written


def test_the_description_is_valid_and_was_drawn_up_without_a_warning() -> None:
    schema.document.cache_clear()
    with GENERATOR_STATS.silence():
        GENERATOR_STATS.reset()
        validate(schema.document())
        assert not GENERATOR_STATS


def test_every_answer_of_a_problem_is_described() -> None:
    for operations in schema.document()["paths"].values():
        for method, operation in operations.items():
            expected = {"400", "401", "404", "429"} | (
                {"409", "422"} if method == "post" else set()
            )
            assert expected <= set(operation["responses"])


def test_the_page_lists_every_address_and_every_record() -> None:
    paths = schema.document()["paths"]
    assert [(each.method, each.path) for each in reference.operations()] == [
        (method.upper(), path.removeprefix("/api/v1/"))
        for path, methods in paths.items()
        for method in methods
    ]
    assert {"ServiceRecord", "PlacementRecord", "OrderDetail", "NewOrder", "Problem"} <= {
        each.name for each in reference.shapes()
    }


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ({"type": "string", "format": "uuid"}, "string (uuid)"),
        (
            {"type": "array", "items": {"$ref": "#/components/schemas/ClusterRef"}},
            "list of ClusterRef",
        ),
        ({"enum": ["a", "b"], "nullable": True}, "one of a, b or null"),
        ({"allOf": [{"$ref": "#/components/schemas/TenantRef"}]}, "TenantRef"),
    ],
)
def test_types_are_said_in_words(kind: dict[str, object], words: str) -> None:
    assert reference.in_words(kind) == words


def test_the_page_needs_no_script_and_nothing_from_elsewhere(alice: User) -> None:
    page = browser_of(alice).get("/api/v1/docs/").content.decode()
    assert "services/export" in page
    assert "<script>" not in page
    assert 'src="http' not in page
