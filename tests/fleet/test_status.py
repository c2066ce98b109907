"""Reading Flux: every state and every reason it may give, and the trap of the generation."""

from typing import Any

import pytest

from fleet.ports import Health, Manifest
from fleet.status import delivered, health

KUSTOMIZATION_FAULTS = (
    "ArtifactFailed",
    "BuildFailed",
    "ReconciliationFailed",
    "PruneFailed",
    "HealthCheckFailed",
)
KUSTOMIZATION_STALLS = ("AccessDenied", "InvalidCELExpression", "FeatureGateDisabled")
SOURCE_FAULTS = (
    "AuthenticationFailed",
    "GitOperationFailed",
    "OCIArtifactPullFailed",
    "OCIArtifactLayerOperationFailed",
    "BucketOperationFailed",
    "VerificationError",
    "StatOperationFailed",
    "DirectoryCreationFailed",
    "ArchiveOperationFailed",
    "ReadOperationFailed",
    "PatchOperationFailed",
)
SOURCE_STALLS = ("URLInvalid", "InvalidSTSConfiguration", "InvalidProviderConfiguration")


def condition(kind: str, status: str, reason: str = "", *, generation: int = 2) -> dict[str, Any]:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": f"about {reason}",
        "observedGeneration": generation,
    }


def flux(*conditions: dict[str, Any], **more: Any) -> Manifest:
    """Return a Flux object of generation 2; `more` goes into its status."""
    return {
        "metadata": {"name": "basket-dev", "generation": 2},
        "spec": {},
        "status": {"conditions": list(conditions), **more},
    }


READY = flux(condition("Ready", "True", "Succeeded"), artifact={"revision": "main@sha1:a"})


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (None, Health.ABSENT),
        ({"metadata": {"generation": 1}, "spec": {}}, Health.PENDING),
        (flux(), Health.PENDING),
        (READY, Health.READY),
        (flux(condition("Ready", "Unknown", "Progressing")), Health.RUNNING),
        (
            flux(condition("Ready", "True"), condition("Reconciling", "True", "Progressing")),
            Health.RUNNING,
        ),
        (
            flux(condition("Ready", "False", "BuildFailed"), condition("Reconciling", "True")),
            Health.FAILED,
        ),
        (flux(condition("Reconciling", "True", "NewGeneration")), Health.RUNNING),
        (flux(condition("Ready", "False", "DependencyNotReady")), Health.RUNNING),
        (flux(condition("Ready", "False", "HealthCheckCanceled")), Health.RUNNING),
        ({**READY, "spec": {"suspend": True}}, Health.SUSPENDED),
        (
            {**READY, "metadata": {"generation": 2, "deletionTimestamp": "2026-11-23T09:00:00Z"}},
            Health.DELETING,
        ),
        (
            {
                "metadata": {"generation": 2, "deletionTimestamp": "2026-11-23T09:00:00Z"},
                "spec": {"suspend": True},
            },
            Health.DELETING,
        ),
    ],
)
def test_one_word_for_each_state(found: Manifest | None, expected: Health) -> None:
    assert health(found) is expected


@pytest.mark.parametrize("reason", KUSTOMIZATION_FAULTS + SOURCE_FAULTS)
def test_every_fault_is_failed(reason: str) -> None:
    assert health(flux(condition("Ready", "False", reason))) is Health.FAILED


@pytest.mark.parametrize("reason", KUSTOMIZATION_STALLS + SOURCE_STALLS)
def test_what_stalls_is_blocked(reason: str) -> None:
    stalled = flux(condition("Ready", "False", reason), condition("Stalled", "True", reason))
    assert health(stalled) is Health.BLOCKED
    assert delivered(READY, stalled).reason == reason


def test_a_failure_of_this_generation_counts_though_the_status_lags() -> None:
    found = flux(condition("Ready", "False", "BuildFailed"), observedGeneration=1)
    assert health(found) is Health.FAILED


def test_success_of_an_older_generation_is_not_success() -> None:
    found = flux(condition("Ready", "True", "Succeeded", generation=1), observedGeneration=2)
    assert health(found) is Health.PENDING


def test_a_stall_of_an_older_generation_is_over() -> None:
    found = flux(condition("Stalled", "True", "AccessDenied", generation=1))
    assert health(found) is Health.PENDING


def test_a_condition_that_does_not_say_its_generation_is_not_believed() -> None:
    assert health(flux({"type": "Ready", "status": "True"})) is Health.PENDING


def test_revisions_are_those_of_each_object() -> None:
    kustomization = flux(
        condition("Ready", "True", "ReconciliationSucceeded"),
        lastAttemptedRevision="main@sha1:b",
        lastAppliedRevision="main@sha1:a",
    )
    said = delivered(READY, kustomization)
    assert (said.source, said.kustomization) == (Health.READY, Health.READY)
    assert said.source_revision == "main@sha1:a"
    assert said.attempted_revision == "main@sha1:b"
    assert said.applied_revision == "main@sha1:a"
    assert (said.reason, said.message) == ("", "")


def test_nothing_there_is_absent_with_no_revision() -> None:
    said = delivered(None, None)
    assert (said.source, said.kustomization) == (Health.ABSENT, Health.ABSENT)
    assert said.applied_revision == ""


def test_the_sources_fault_is_told_before_the_one_that_follows() -> None:
    said = delivered(
        flux(condition("Ready", "False", "AuthenticationFailed")),
        flux(condition("Ready", "False", "ArtifactFailed")),
    )
    assert (said.source, said.kustomization) == (Health.FAILED, Health.RUNNING)
    assert (said.reason, said.message) == ("AuthenticationFailed", "about AuthenticationFailed")


def test_a_kustomization_without_artifact_waits_for_a_source_at_work() -> None:
    said = delivered(flux(), flux(condition("Ready", "False", "ArtifactFailed")))
    assert (said.kustomization, said.reason) == (Health.RUNNING, "")


def test_no_artifact_from_a_ready_source_is_a_failure() -> None:
    said = delivered(READY, flux(condition("Ready", "False", "ArtifactFailed")))
    assert (said.kustomization, said.reason) == (Health.FAILED, "ArtifactFailed")


def test_long_words_of_flux_are_cut() -> None:
    long = condition("Ready", "False", "BuildFailed") | {"message": "x" * 5000}
    assert len(delivered(READY, flux(long)).message) == 600
