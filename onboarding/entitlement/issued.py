"""Whose people a source speaks of: what an issuer calls somebody counts for that issuer alone."""

import re

from onboarding.ports import Query, Somebody

_PORT = re.compile(r"[0-9]+(?=[:/])")


def subject(query: Query | Somebody, issuer: str) -> str:
    """Return what the issuer calls the person, or "" for somebody of another issuer.

    The person is `issuer:subject`, and `https://a:8443` is another issuer than `https://a`.
    """
    begins = f"{issuer}:"
    rest = query.subject.removeprefix(begins)
    is_theirs = query.subject.startswith(begins) and not ("://" in issuer and _PORT.match(rest))
    return rest if is_theirs else ""
