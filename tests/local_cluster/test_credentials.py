"""The secrets of a state directory: random, for their owner only, and kept."""

import base64
import json
import stat
from pathlib import Path

from localcluster import credentials
from localcluster.state import State


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_only_the_owner_reads_them(state: State) -> None:
    assert mode(credentials.signing_key(state)) == 0o600
    assert mode(credentials.tokens_file(state)) == 0o600
    assert mode(state.credentials) == 0o700


def test_they_are_kept(state: State) -> None:
    key = credentials.signing_key(state).read_text()
    tokens = credentials.tokens(state)
    assert credentials.signing_key(state).read_text() == key
    assert credentials.tokens(state) == tokens


def test_two_directories_share_nothing(tmp_path: Path) -> None:
    one, other = State(tmp_path / "one"), State(tmp_path / "other")
    for state in (one, other):
        state.root.mkdir()
        state.prepare()
    assert not set(credentials.tokens(one).values()) & set(credentials.tokens(other).values())
    assert credentials.signing_key(one).read_text() != credentials.signing_key(other).read_text()


def test_the_key_is_a_pem_of_the_length_its_head_states(state: State) -> None:
    first, *body, last = credentials.signing_key(state).read_text().splitlines()
    der = base64.b64decode("".join(body))
    assert (first[5:], last[5:]) == ("BEGIN EC PRIVATE KEY-----", "END EC PRIVATE KEY-----")
    assert der[1] == len(der) - 2


def test_a_kubeconfig_carries_all_it_needs() -> None:
    text = credentials.kubeconfig(server="https://here", ca=b"ca", user="admin", token="secret")
    content = json.loads(text)
    assert content["clusters"][0]["cluster"]["server"] == "https://here"
    assert content["clusters"][0]["cluster"]["certificate-authority-data"] == "Y2E="
    assert content["users"][0]["user"] == {"token": "secret"}
