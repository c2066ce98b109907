"""Odd and oversized input, and what it may never do to a page."""

import re

MARKUP = '"><img src=smuggled onerror=alert(1)><script>smuggled</script>'
TEMPLATE = '{{ "smuggled"|upper }}{% if 1 %}'
FORMULA = '=HYPERLINK("https://example.com";"smuggled")'
YAML = 'x"\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: kube-system}\n# '

# by what is odd about them; none is a valid short name, date, number and address at once
TEXTS = {
    "blank": " \t\r\n ",
    "one letter": "x",
    "a dash": "-",
    "many": "x" * 5_000,
    "markup": MARKUP,
    "template": TEMPLATE,
    "formula": FORMULA,
    "yaml": YAML,
    "sql": "x' OR '1'='1'; DROP TABLE orders; --",
    "percent": "%s%n%x {0.__class__} ${HOME} $(id) `id`",
    "path": "../../../../etc/passwd",
    "header": "x\r\nSet-Cookie: smuggled=1",
    "right to left": "\u202egnirts\u2066",
    "emoji": "👩‍🚒🏳️‍🌈 ünï",
    "control": "\x01\x07\x1b[31m\x7f\x85\u2028\ufeff\ufffe",
    "private use": "\ue000x\ue001",
    "infinite": "1e309",
    "no number": "NaN",
    "negative": "-1",
    "nothing": "0",
    "more than a row has": str(2**63),
    "more than fits": "9" * 4_400,
    "zeros before a lot": "0" * 20 + "9" * 20,
    "arabic digits": "٣٤٥",
    "raised digits": "²³",
    "a fraction": "1.5",
    "an underscore": "1_000",
    "first day": "0001-01-01",
    "last day": "9999-12-31",
    "no day": "2026-02-30",
    "before the first moment": "0001-01-01T00:00:00+14:00",
    "after the last moment": "9999-12-31T23:59:59-14:00",
    "json": '{"a": [1e309, null]}',
    "uuid": "00000000-0000-0000-0000-000000000000",
}
# a little of everything, for fields that take few characters
SHORT = '=<script>smuggled</script>{{ "smuggled"|upper }}\u202e"'

# what a form or an address can hold and no page takes
REFUSED = {"null": "a\0b"}
OVERSIZED = "x" * 1_100_000

_SMUGGLED = re.compile(r"<img src=smuggled|<script>smuggled|SMUGGLED")


def smuggled(page: str) -> bool:
    """Say whether a text became markup, or was run as a template."""
    return _SMUGGLED.search(page) is not None
