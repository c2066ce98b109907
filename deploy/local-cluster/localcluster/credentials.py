"""Who may talk to the API server: random tokens and a signing key, made once for a directory."""

import base64
import csv
import io
import json
import secrets
from pathlib import Path

from localcluster.state import State, write_private

# Name in the files here, user, group. Two of them get their rights from the roles that every
# Kubernetes brings along; kwok stands in for a kubelet and may do anything.
USERS = (
    ("admin", "admin", "system:masters"),
    ("kube-controller-manager", "system:kube-controller-manager", ""),
    ("kube-scheduler", "system:kube-scheduler", ""),
    ("kwok", "kwok", "system:masters"),
)

# An EC private key on the curve P-256 (RFC 5915) is 32 random bytes between these two.
_KEY_HEAD = bytes.fromhex("30310201010420")
_KEY_TAIL = bytes.fromhex("a00a06082a8648ce3d030107")
_CURVE_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def signing_key(state: State) -> Path:
    """Return the file of the key that signs service account tokens. No openssl is needed."""
    file = state.credentials / "service-account.key"
    if not file.exists():
        number = 1 + secrets.randbelow(_CURVE_ORDER - 1)
        body = base64.encodebytes(_KEY_HEAD + number.to_bytes(32, "big") + _KEY_TAIL).decode()
        write_private(file, f"-----BEGIN EC PRIVATE KEY-----\n{body}-----END EC PRIVATE KEY-----\n")
    return file


def tokens_file(state: State) -> Path:
    """Return the API server's file of static tokens: one line for each of USERS."""
    file = state.credentials / "tokens.csv"
    if not file.exists():
        text = io.StringIO()
        rows = [(secrets.token_urlsafe(32), user, user, group) for _, user, group in USERS]
        csv.writer(text, lineterminator="\n").writerows(rows)
        write_private(file, text.getvalue())
    return file


def tokens(state: State) -> dict[str, str]:
    """Return each static token by the name that the user has in USERS."""
    with tokens_file(state).open(newline="") as lines:
        by_user = {user: token for token, user, *_ in csv.reader(lines)}
    return {name: by_user[user] for name, user, _ in USERS}


def kubeconfig(*, server: str, ca: bytes, user: str, token: str) -> str:
    """Return a kubeconfig. It is JSON, which every reader of YAML takes."""
    authority = base64.b64encode(ca).decode()
    cluster = {"server": server, "certificate-authority-data": authority}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "local", "cluster": cluster}],
        "users": [{"name": user, "user": {"token": token}}],
        "contexts": [{"name": "local", "context": {"cluster": "local", "user": user}}],
        "current-context": "local",
    }
    return json.dumps(content, indent=2) + "\n"
