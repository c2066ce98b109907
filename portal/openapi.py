"""How the OpenAPI description of the REST API is made."""

from typing import Any

SETTINGS: dict[str, Any] = {
    "TITLE": "Berth",
    "DESCRIPTION": "The CMDB of a Flux fleet, and the orders that change it.",
    "VERSION": "v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "COMPONENT_SPLIT_REQUEST": False,
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
    "ENUM_NAME_OVERRIDES": {
        "KindEnum": "tenants.models.ClaimKind.choices",
        "OrderKindEnum": "onboarding.models.Kind.choices",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "tenants.api.schema.tell_problems",
    ],
    "SERVE_PERMISSIONS": ["tenants.api.permissions.MayReadRecord"],
}
