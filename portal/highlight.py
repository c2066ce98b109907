"""Highlighted text as HTML with classes, made on the server; every line can be numbered by CSS."""

from collections.abc import Iterable, Iterator

from django.utils.safestring import SafeString, mark_safe
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.lexers.special import TextLexer
from pygments.util import ClassNotFound

LONGEST = 200_000  # characters; more is shown plain, so that no text holds a worker for seconds


class _Lines(HtmlFormatter[str]):
    def wrap(self, source: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        """Give each line an element of its own instead of the formatter's frame."""
        for is_line, text in source:
            yield is_line, f'<span class="ln">{text}</span>' if is_line else text


def lines(text: str, language: str) -> SafeString:
    """Return the text as highlighted lines.

    `language` is a lexer's name such as `yaml`, or the name of a file such as `deploy/app.yaml`.
    Everything in the text is escaped by the formatter.
    """
    marked = highlight(text, _lexer(text, language), _Lines(nowrap=False))
    return mark_safe(marked)  # noqa: S308 - Pygments escapes what it is given


def _lexer(text: str, language: str) -> Lexer:
    if len(text) > LONGEST:
        return TextLexer()
    try:
        return get_lexer_by_name(language)
    except ClassNotFound:
        pass
    try:
        return get_lexer_for_filename(language)
    except ClassNotFound:
        return TextLexer()
