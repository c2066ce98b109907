"""Every example in YAML that the documents show is read by the very reader that it is for."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from accounts.oidc import providers
from accounts.workloads import trusted
from onboarding import toolbox
from onboarding.assessment import rules as risk_rules
from onboarding.changes import control
from onboarding.entitlement import arrangement, file, seating
from portal.outbound import WayOut

ROOT = Path(__file__).resolve().parents[2]
DOCS = (*sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("*.md")))
# what operators run, and where the documents show it
SIGN_IN = ("login.microsoftonline.com", "okta.com", "keycloak", "/adfs")
SOURCES = (*SIGN_IN[:2], "/realms/", "userPrincipalName", "inetOrgPerson", "127.0.0.1:8181")


def _examples() -> Iterator[tuple[str, str]]:
    for path in DOCS:
        for number, text in enumerate(
            re.findall(r"```ya?ml\n(.*?)```", path.read_text(), re.DOTALL), 1
        ):
            yield f"{path.name} {number}", text


EXAMPLES = dict(_examples())


def _arranged(path: Path) -> Sequence[str]:
    kit = seating.Kit(toolbox.KINDS, variables=lambda name: f"secret-of-{name}", way=WayOut())
    return seating.seated(arrangement.read(path), kit).faults


def _trusted(path: Path) -> Sequence[str]:
    return [] if trusted.read(path) else ["Nobody is trusted."]


def _ruled(path: Path) -> Sequence[str]:
    return [] if file.read(path).rules else ["There is no rule."]


def _assessing(path: Path) -> Sequence[str]:
    try:
        return [] if risk_rules.read(path).rules else ["There is no rule."]
    except risk_rules.RulesBroken as error:
        return error.faults


def _controlled(path: Path) -> Sequence[str]:
    try:
        return [] if control.read(path).policies else ["There is no policy."]
    except control.FileBroken as error:
        return error.faults


def _foreseen(path: Path) -> Sequence[str]:
    """Read what a company adds to the file that Berth comes with."""
    path.write_text(settings.BERTH_CHANGE_CONTROL.read_text() + path.read_text())
    return _controlled(path)


READERS: dict[str, Callable[[Path], Sequence[str]]] = {
    "providers": lambda path: providers.read(path).faults,
    "issuers": _trusted,
    "sources": _arranged,
    "table": _assessing,
    "policies": _controlled,
    "emergency": _foreseen,
    "rules": _ruled,
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_read_without_a_fault(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = EXAMPLES[name]
    for variable in re.findall(r"client_secret: (\w+)", text):
        monkeypatch.setenv(variable, "secret")
    parts = yaml.safe_load(text)
    kind = next(each for each in READERS if each in parts)
    (tmp_path / "example.yaml").write_text(text)
    assert READERS[kind](tmp_path / "example.yaml") == []


@pytest.mark.parametrize("mark", SIGN_IN)
def test_there_is_an_example_of_sign_in_by(mark: str) -> None:
    assert any("providers:" in text and mark in text for text in EXAMPLES.values())


@pytest.mark.parametrize("mark", SOURCES)
def test_there_is_an_example_of_a_source_at(mark: str) -> None:
    assert any("sources:" in text and mark in text for text in EXAMPLES.values())


def test_claims_that_an_example_looks_at_are_kept_by_that_of_its_sign_in() -> None:
    kept = {
        provider["issuer"]: set(provider.get("keep_claims", []))
        for text in EXAMPLES.values()
        if "providers:" in text
        for provider in yaml.safe_load(text)["providers"]
    }
    asked = [
        (source["issuer"], set(re.findall(r"claims\.(\w+)", rule["when"])))
        for text in EXAMPLES.values()
        if "sources:" in text
        for source in yaml.safe_load(text)["sources"].values()
        if source["kind"] == "claims"
        for rule in (*source.get("permits", []), *source.get("denies", []))
    ]
    assert asked
    assert [(issuer, claims) for issuer, claims in asked if not claims <= kept[issuer]] == []
