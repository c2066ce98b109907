"""Names of browsers that people recognise."""

import pytest

from accounts import browsers

LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36"
)
MAC = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.0 Safari/605.1.15"
)


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (LINUX, "Firefox on Linux"),
        (WINDOWS, "Chrome on Windows"),
        (f"{WINDOWS} Edg/140.0", "Edge on Windows"),
        (MAC, "Safari on macOS"),
        ("Firefox/3", "Firefox"),
        ("Otterweb 7", "Otterweb 7"),
        ("", "A browser that gives no name"),
    ],
)
def test_a_browser_has_the_name_people_call_it_by(user_agent: str, name: str) -> None:
    assert browsers.named(user_agent) == name
