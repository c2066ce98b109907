"""What a browser says that nobody sees: policy violations, script errors, requests elsewhere."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

RESULTS = Path(__file__).resolve().parent.parent.parent / "test-results"
WEIGHT = 250 * 1024  # bytes of script and style that a page may load, compressed


@dataclass
class Watch:
    """Collects while pages are used. `elsewhere` are requests that left the portal's origin.

    `meant` are parts of complaints that a test provokes, such as an answer of 404 or 422.
    """

    origin: str
    complaints: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    weights: dict[str, int] = field(default_factory=dict)
    meant: list[str] = field(default_factory=lambda: ["status of 4"])

    def over(self, context: BrowserContext) -> None:
        """Watch every page of a browser context."""
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("request", self._request)
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(each in message.text for each in self.meant):
            self.complaints.append(message.text)

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "about", "blob"} and parts.netloc != self.origin:
            self.elsewhere.append(request.url)

    def _response(self, response: Response) -> None:
        if response.request.resource_type in {"script", "stylesheet"}:
            length = response.headers.get("content-length", "0")
            self.weights[urlsplit(response.url).path] = int(length)


def keep(page: Page, name: str) -> None:
    """Keep a picture of the whole page for people to look at."""
    RESULTS.mkdir(exist_ok=True)
    page.screenshot(path=RESULTS / f"{name}.png", full_page=True)
