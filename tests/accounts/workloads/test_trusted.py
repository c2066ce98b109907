"""The file of trusted issuers: every fault is told, and the examples of docs/workloads.md hold."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pytest_django import Settings

from accounts.workloads import trusted
from accounts.workloads.trusted import Faulty, Rule, Trusted
from portal.checks import configuration
from tests.accounts.workloads import fake_issuer

PAGE = Path(__file__).resolve().parents[3] / "docs" / "workloads.md"
RULE = {"name": "ci", "when": "sub == 'me'", "scopes": ["cmdb:read"], "tenants": []}
ENTRY = {
    "slug": "forge",
    "issuer": "https://forge.example.com",
    "audience": "berth",
    "workloads": [RULE],
}


def read(tmp_path: Path, content: Any) -> tuple[Trusted, ...]:
    path = tmp_path / "workloads.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return trusted.read(path)


def faults(tmp_path: Path, content: Any) -> str:
    with pytest.raises(Faulty) as told:
        read(tmp_path, content)
    return " ".join(told.value.faults)


def with_entry(**changes: Any) -> dict[str, Any]:
    return {"issuers": [ENTRY | changes]}


def with_rule(**changes: Any) -> dict[str, Any]:
    return with_entry(workloads=[RULE | changes])


PRIVATE = fake_issuer.key("one").as_dict(private=False) | {"use": "enc"}
WRONG = [
    ("issuers: [", "no YAML"),
    ("issuers: []\nissuers: []", "stands twice"),
    ([], "must be a mapping with `issuers`"),
    ({"issuers": []}, "there must be a list of them"),
    ({"issuers": ["forge"]}, "Issuer 1 must be a mapping"),
    (with_entry() | {"issuer": []}, "`issuer` means nothing here"),
    (with_entry(slug="Forge One"), "`slug` that cannot be used"),
    (with_entry(issuer="http://forge.example.com"), "`issuer` that begins with https://"),
    (with_entry(keys_url="file:///etc/keys"), "`keys_url` that begins with https://"),
    (with_entry(audience=""), "`audience`"),
    (with_entry(audience="https://forge.example.com"), "choose one for Berth alone"),
    (with_entry(audience="https://github.com/acme"), "choose one for Berth alone"),
    (with_entry(audience="https://kubernetes.default.svc"), "choose one for Berth alone"),
    (with_entry(longest_seconds=100_000), "`longest_seconds`"),
    (with_entry(longest="1h"), "`longest`, which means nothing here"),
    (with_entry(pinned_keys={"keys": []}), "without a key that could verify"),
    (with_entry(pinned_keys={"keys": [PRIVATE]}), "without a key that could verify"),
    (with_entry(pinned_keys="keys"), "without a key that could verify"),
    (with_entry(workloads=[]), "there must be a list of them as `workloads`"),
    (with_rule(when="repository =="), "no JMESPath expression"),
    (with_rule(when="nothing_such(@)"), "no JMESPath expression"),
    (with_rule(when="`true`"), "true of a token without any claim"),
    (with_rule(when="ref != 'refs/heads/dev'"), "true of a token without any claim"),
    (with_rule(scopes=[]), "one or more of cmdb:read, metrics, orders:read"),
    (with_rule(scopes=["orders:write"]), "one or more of cmdb:read, metrics, orders:read"),
    (with_rule(scopes=["git"]), "one or more of cmdb:read, metrics, orders:read"),
    (with_rule(tenants="retail"), "`tenants`"),
    ({"issuers": [ENTRY, ENTRY | {"audience": "b"}]}, "two issuers with the slug `forge`"),
    ({"issuers": [ENTRY, ENTRY | {"slug": "b"}]}, "stands twice with one audience"),
]


@pytest.mark.parametrize(("content", "said"), WRONG, ids=[said for _, said in WRONG])
def test_a_fault_is_told_in_words(tmp_path: Path, content: Any, said: str) -> None:
    assert said in faults(tmp_path, content)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    told = faults(tmp_path, {"issuers": [{"slug": "a"}, {"slug": "b", "issuer": "x"}]})
    assert "Issuer 1 needs `issuer`" in told
    assert "Issuer 2 needs `audience`" in told


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Faulty, match="cannot be read"):
        trusted.read(tmp_path / "nowhere.yaml")


def test_the_check_of_the_configuration_tells_the_faults(
    settings: Settings, tmp_path: Path
) -> None:
    settings.BERTH_WORKLOADS_FILE = tmp_path / "nowhere.yaml"
    assert "portal.E050" in {message.id for message in configuration()}


# The examples of the page

GITHUB = {
    "sub": "repo:acme/payments:ref:refs/heads/main",
    "repository": "acme/payments",
    "repository_owner_id": "4711",
    "ref": "refs/heads/main",
    "event_name": "push",
}
GITLAB = {
    "sub": "project_path:acme/payments:ref_type:branch:ref:main",
    "project_path": "acme/payments",
    "ref_type": "branch",
    "ref_protected": "true",
}
POD = {
    "sub": "system:serviceaccount:finance:cost-report",
    "kubernetes.io": {"namespace": "finance", "serviceaccount": {"name": "cost-report"}},
}
EXAMPLES = [
    ("github", GITHUB, "payments-pipeline"),
    ("github", GITHUB | {"repository_owner_id": "666"}, None),
    ("github", GITHUB | {"event_name": "pull_request"}, None),
    ("gitlab", GITLAB, "payments-pipeline"),
    ("gitlab", GITLAB | {"ref_protected": "false"}, None),
    ("eu1-a", POD, "cost-report"),
    ("eu1-a", {"sub": "system:serviceaccount:monitoring:prometheus"}, "prometheus"),
    ("eu1-a", {"sub": "system:serviceaccount:monitoring:other"}, None),
]


def rules_of_the_page(tmp_path: Path) -> dict[str, tuple[Rule, ...]]:
    blocks = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    found = [issuer for block in blocks for issuer in read(tmp_path, block)]
    return {issuer.slug: issuer.rules for issuer in found}


@pytest.mark.parametrize(("slug", "claims", "name"), EXAMPLES)
def test_the_examples_of_the_page_let_in_whom_they_mean(
    tmp_path: Path, slug: str, claims: dict[str, Any], name: str | None
) -> None:
    fitting = [rule.name for rule in rules_of_the_page(tmp_path)[slug] if rule.fits(claims)]
    assert fitting == ([name] if name else [])
