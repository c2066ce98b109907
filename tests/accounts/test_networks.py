"""Networks that a token may come from: how they are written, and whom they let in."""

import pytest

from accounts import addresses, networks


def test_networks_are_kept_in_their_short_form_and_once() -> None:
    assert networks.parsed("10.20.0.0/16, 192.0.2.7\n2001:DB8::/32 192.0.2.7/32") == [
        "10.20.0.0/16",
        "192.0.2.7/32",
        "2001:db8::/32",
    ]


@pytest.mark.parametrize("text", ["10.20.0.1/16", "example.com", "10.0.0.0/33", "10.0.0.0:443"])
def test_what_is_no_network_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="is no network"):
        networks.parsed(text)


def test_a_token_has_no_endless_list_of_networks() -> None:
    with pytest.raises(ValueError, match="at most 20"):
        networks.parsed(" ".join(f"10.0.{number}.0/24" for number in range(21)))


@pytest.mark.parametrize(
    ("address", "let_in"),
    [
        ("10.20.255.255", True),
        ("10.21.0.0", False),
        ("::ffff:10.20.0.1", True),
        ("2001:db8::7", True),
        ("2001:db9::7", False),
        (None, False),
    ],
)
def test_only_addresses_of_the_networks_are_let_in(address: str | None, *, let_in: bool) -> None:
    assert networks.admit(["10.20.0.0/16", "2001:db8::/32"], address) is let_in


def test_without_networks_every_address_is_let_in_also_one_that_is_not_known() -> None:
    assert networks.admit([], None)


def test_the_zone_of_an_address_is_no_part_of_what_is_kept() -> None:
    assert addresses.in_environ({"REMOTE_ADDR": "fe80::1%eth0"}) == "fe80::1"
