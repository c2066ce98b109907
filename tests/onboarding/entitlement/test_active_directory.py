"""Active Directory goes up nested groups by itself: one search with its in-chain rule."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onboarding.entitlement.directory import IN_CHAIN, Directory, Groups, People
from onboarding.entitlement.groups import GroupEntitlements
from onboarding.entitlement.ldap import LdapEntitlements, Naming
from onboarding.ports import Answer, Outcome
from portal.outbound import WayOut
from tests.contracts.entitlement_source import ASKED
from tests.onboarding.entitlement import fake_ad

CORP = "dc=corp,dc=example,dc=com"
ENTRIES = {
    f"cn=alice \\, ops (x),ou=staff,{CORP}": {"userprincipalname": ["alice@corp.example.com"]},
    f"cn=bob,ou=staff,{CORP}": {"userprincipalname": ["bob@corp.example.com"]},
    f"cn=team,ou=berth,{CORP}": {
        "objectclass": ["group"],
        "cn": ["team"],
        "member": [f"cn=alice \\, ops (x),ou=staff,{CORP}"],
    },
    f"cn=ring,ou=berth,{CORP}": {
        "objectclass": ["group"],
        "cn": ["ring"],
        "member": [f"cn=team,ou=berth,{CORP}", f"cn=retail,ou=berth,{CORP}"],
    },
    f"cn=retail,ou=berth,{CORP}": {
        "objectclass": ["group"],
        "cn": ["Berth.Retail.Dev"],
        "member": [f"cn=ring,ou=berth,{CORP}"],
    },
}


def ask(
    name: str, nesting: str, damage: Callable[[bytes], bytes] = bytes, seconds: float = 5
) -> tuple[Answer, list[str]]:
    """Return the answer on somebody, and the matching rules that the search used."""
    with fake_ad.running(ENTRIES) as fake:
        fake.damage = damage
        directory = Directory(
            url=fake.address,
            bind_dn=f"cn=berth,{CORP}",
            password="p0rtal",
            people=People(f"ou=staff,{CORP}", "(userprincipalname={})"),
            groups=Groups(f"ou=berth,{CORP}", "(objectclass=group)", nesting=nesting),
            seconds=seconds,
        )
        groups = GroupEntitlements(["berth.{tenant}.{environment}"], [], name="ad")
        source = LdapEntitlements(directory, Naming("local"), WayOut(), groups)
        subject = f"local:{name}@corp.example.com"
        return source.check(replace(ASKED, subject=subject, groups=frozenset())), fake.rules


def test_a_group_far_up_a_chain_permits() -> None:
    answer, rules = ask("alice", "chain")
    assert (answer.outcome, answer.evidence["groups"]) == (Outcome.PERMIT, 3)
    assert answer.evidence["group"] == "berth.retail.dev"
    assert set(rules) == {IN_CHAIN}


def test_the_chain_permits_nobody_who_is_not_in_it() -> None:
    answer, _ = ask("bob", "chain")
    assert answer.outcome is Outcome.SILENT


@pytest.mark.parametrize(("nesting", "outcome"), [("steps", "permit"), ("none", "silent")])
def test_the_rule_is_used_where_it_is_asked_for_only(nesting: str, outcome: str) -> None:
    answer, rules = ask("alice", nesting)
    assert (answer.outcome.value, rules) == (outcome, [])


@settings(max_examples=60, deadline=None)
@given(places=st.lists(st.tuples(st.integers(0, 500), st.integers(0, 255)), min_size=1, max_size=4))
def test_no_damaged_answer_makes_it_raise(places: list[tuple[int, int]]) -> None:
    def damage(answer: bytes) -> bytes:
        hit = bytearray(answer)
        for place, value in places:
            hit[place % len(hit)] = value
        return bytes(hit)

    answer, _ = ask("bob", "chain", damage, seconds=0.1)
    assert answer.outcome is not Outcome.PERMIT
