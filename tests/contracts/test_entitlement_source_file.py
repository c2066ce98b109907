"""The file of entitlements keeps the contract of sources."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from onboarding.entitlement.file import FileEntitlements
from tests.contracts.entitlement_source import EntitlementSourceContract


class TestFile(EntitlementSourceContract):
    @pytest.fixture(autouse=True)
    def _on_a_file(self, tmp_path: Path) -> None:
        self.path = tmp_path / "entitlements.yaml"
        self.rules: list[dict[str, Any]] = []
        self.source = FileEntitlements(self.path)

    def grant(self, group: str) -> None:
        self._add("permit", group)

    def forbid(self, group: str) -> None:
        self._add("deny", group)

    def break_it(self) -> None:
        self.path.unlink()

    def _add(self, effect: str, group: str) -> None:
        self.rules.append(
            {
                "effect": effect,
                "groups": [group],
                "actions": ["onboard"],
                "tenant": "retail",
                "applications": ["basket"],
                "environments": ["dev"],
            }
        )
        self.path.write_text(yaml.safe_dump({"version": 1, "rules": self.rules}))
