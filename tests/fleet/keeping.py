"""An API server that keeps objects, and a Flux that says what a test wants to hear."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.fleet.fake_api import Asked, Says, made, status

Kept = dict[str, Any]


@dataclass
class Keeping:
    """Objects by their path; `refuses` answers everything while it is set."""

    kept: dict[str, Kept] = field(default_factory=dict)
    flux: str = ""  # what Flux complains about
    refuses: Says | None = None

    def __call__(self, asked: Asked) -> Says:
        path = asked.path.partition("?")[0]
        if self.refuses is not None:
            return self.refuses
        if asked.method == "PATCH":
            return self._patched(path, asked)
        if path not in self.kept:
            return status(404, "NotFound", f"{path} not found")
        return Says(200, self._with_words(self.kept[path]))  # also to DELETE: it has finalizers

    def _patched(self, path: str, asked: Asked) -> Says:
        if "merge-patch" in asked.headers["Content-Type"]:
            return Says(200, self.kept[path])
        says = made(asked, age=timedelta(hours=1))
        assert isinstance(says.body, dict)
        self.kept[path] = self.kept.get(path, {}) | says.body
        return says

    def _with_words(self, kept: Kept) -> Kept:
        if not self.flux or kept["kind"] not in {"Kustomization", "GitRepository"}:
            return kept
        ready = {"type": "Ready", "status": "False", "reason": "BuildFailed", "message": self.flux}
        return kept | {"status": {"observedGeneration": 1, "conditions": [ready]}}
