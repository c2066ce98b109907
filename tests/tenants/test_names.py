"""Names and labels keep the rules of Kubernetes and Flux, whatever is typed."""

import re
from collections.abc import Callable

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from portal.errors import NameUnfit, PlanRefused
from tenants import names

PATTERNS = settings.BERTH_NAME_PATTERNS
RFC_1123_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")

# mostly text that is close to a name, and any text at all
typed = st.text(alphabet="ab-1_A./ \n{}é", max_size=40) | st.text(max_size=80)


def is_label(text: str) -> bool:
    return len(text) <= 63 and RFC_1123_LABEL.fullmatch(text) is not None


@given(tenant=typed, application=typed, environment=typed)
def test_no_text_in_any_field_yields_an_invalid_name(
    tenant: str, application: str, environment: str
) -> None:
    for name in (
        made(names.control_namespace, tenant),
        made(names.workload_namespace, tenant, application, environment),
        made(names.placement, application, environment),
    ):
        assert name is None or is_label(name)


def made(make: Callable[..., str], *typed_in: str) -> str | None:
    try:
        return make(*typed_in, PATTERNS)
    except NameUnfit:
        return None


@given(tenant=typed, application=typed)
def test_a_repository_has_two_plain_segments_or_is_refused(tenant: str, application: str) -> None:
    try:
        path = names.repository(tenant, application, PATTERNS)
    except NameUnfit:
        return
    assert all(is_label(part) for part in path.split("/"))
    assert path.count("/") == 1


@given(typed)
def test_what_passes_is_a_label_that_nobody_reserved(text: str) -> None:
    if names.faults(text):
        return
    assert is_label(text)
    assert text not in {"flux", "kube", "default"}
    assert not text.startswith(("kube-", "flux-", "berth"))


@given(text=typed, taken=st.sets(st.sampled_from(["ab", "ab2", "ab3", "app2"])))
def test_an_offered_name_is_free_and_can_be_used(text: str, taken: set[str]) -> None:
    offer = names.suggest(text, taken, limit=20)
    assert offer not in taken
    assert names.faults(offer, limit=20) == []


@given(value=typed)
def test_a_label_value_is_valid_or_refused(value: str) -> None:
    try:
        labels = names.labels({"cost-centre": "{cost_centre}"}, {"cost_centre": value})
    except PlanRefused:
        return
    assert LABEL_VALUE.fullmatch(labels["berth.internal/cost-centre"])
    assert 0 < len(labels["berth.internal/cost-centre"]) <= 63


def test_the_default_patterns_give_the_names_of_the_design() -> None:
    assert names.control_namespace("retail", PATTERNS) == "retail-flux"
    assert names.workload_namespace("retail", "basket", "dev", PATTERNS) == "retail-basket-dev"
    assert names.placement("basket", "dev", PATTERNS) == "basket-dev"
    assert names.repository("retail", "basket", PATTERNS) == "retail/basket"


def test_a_taken_name_is_offered_with_the_next_number() -> None:
    assert names.suggest("checkout", {"checkout"}) == "checkout2"
    assert names.suggest("checkout2", {"checkout2", "checkout3"}) == "checkout4"
    assert names.suggest("x" * 63, {"x" * 63}) == "x" * 62 + "2"


def test_a_name_may_have_63_characters_and_no_more() -> None:
    assert names.faults("x" * 63) == []
    assert names.faults("x" * 64) == ["The name has 64 characters; 63 is the limit."]
    assert names.label_value_faults("x" * 63) == []
    assert names.label_value_faults("x" * 64) != []


@pytest.mark.parametrize("name", ["basket-", "-basket", "2basket", "Basket", "bas_ket", "bas.ket"])
def test_a_name_that_kubernetes_would_refuse_is_refused(name: str) -> None:
    assert names.faults(name) != []


def test_a_name_that_is_too_long_says_by_how_much() -> None:
    with pytest.raises(NameUnfit, match="82 characters; 63 is the limit"):
        names.workload_namespace("t" * 30, "a" * 30, "e" * 20, PATTERNS)


def test_a_workload_never_has_the_name_of_a_control_namespace() -> None:
    with pytest.raises(NameUnfit, match="control namespace"):
        names.workload_namespace("retail", "basket", "x-flux", PATTERNS)


@pytest.mark.parametrize("name", ["flux", "kube", "default", "kube-system", "flux-x", "berthold"])
def test_a_reserved_name_is_refused_in_words(name: str) -> None:
    assert any("reserved" in fault for fault in names.faults(name))


def test_a_label_without_its_fact_is_refused_by_name() -> None:
    with pytest.raises(PlanRefused, match="cost_centre"):
        names.labels({"cost-centre": "{cost_centre}"}, {})


def test_a_label_with_an_empty_fact_is_refused() -> None:
    with pytest.raises(PlanRefused, match="A value is needed"):
        names.labels({"cost-centre": "{cost_centre}"}, {"cost_centre": ""})


def test_a_key_of_another_domain_is_kept_and_a_bad_one_refused() -> None:
    assert names.labels({"example.com/zone": "a"}, {}) == {"example.com/zone": "a"}
    with pytest.raises(PlanRefused, match="cannot be the key"):
        names.labels({"not a key": "a"}, {})


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("workload_namespace", "{tenant}-{application}"),
        ("control_namespace", "{tenant}"),
        ("control_namespace", "{tenant.__class__}-flux"),
        ("placement", "{application}_{environment}"),
        ("repository", "{tenant}/{application"),
    ],
)
def test_a_pattern_that_would_mix_names_up_is_told_of(name: str, pattern: str) -> None:
    assert names.pattern_faults({**PATTERNS, name: pattern})


def test_the_default_patterns_are_right() -> None:
    assert names.pattern_faults(PATTERNS) == []
