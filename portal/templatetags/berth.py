"""The components of a page as template tags; `templates/includes/README.md` lists them all."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.templatetags.static import static
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from portal import highlight, moments
from portal.badges import badge_of
from portal.lists import Page

register = template.Library()

BANNER_ICONS = {
    "info": "info-circle",
    "good": "circle-check",
    "waiting": "hourglass",
    "attention": "alert-triangle",
    "bad": "alert-circle",
    "neutral": "info-circle",
}
# Django's message levels, so that messages and banners are one thing
LEVELS = {"success": "good", "warning": "attention", "error": "bad", "debug": "neutral"}


@register.simple_tag
def icon(name: str, style: str = "") -> SafeString:
    """Return an icon of the sprite. It is decoration: the words beside it say the same."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        style,
        static("vendor/icons/sprite.svg"),
        name,
    )


@register.inclusion_tag("includes/badge.html")
def badge(state: str, word: str = "") -> dict[str, Any]:
    """Show a state by word, icon and tone; `word` replaces the table's word where more is known."""
    shown = badge_of(str(state))
    return {"badge": shown, "word": word or shown.word}


@register.simple_tag
def when(moment: datetime | None, empty: str = "never") -> SafeString:
    """Show a moment relatively, with the absolute time on hover and in print."""
    if moment is None:
        return format_html('<span class="soft">{}</span>', empty)
    return format_html(
        '<time datetime="{}" title="{}" data-when>{}</time>',
        moment.isoformat(),
        date_format(localtime(moment), "j M Y, H:i:s T"),
        moments.relative(moment),
    )


@register.simple_tag
def lasted(start: datetime | None, end: datetime | None) -> str:
    """Return how long something took, such as "4 min"; nothing while one end is not known."""
    return moments.length(end - start) if start and end else ""


@register.inclusion_tag("includes/ident.html")
def ident(text: object, short: int = 0) -> dict[str, Any]:
    """Show an identifier in code style with a copy button; `short` cuts what is shown."""
    whole = str(text)
    return {"whole": whole, "shown": f"{whole[:short]}…" if 0 < short < len(whole) else whole}


@register.inclusion_tag("includes/command.html")
def command(text: str) -> dict[str, Any]:
    """Show a line for the terminal with a copy button."""
    return {"text": text}


@register.inclusion_tag("includes/banner.html")
def banner(tone: str, text: str, title: str = "", code: str = "") -> dict[str, Any]:
    """Show a message where it belongs: one of the six tones, or a level of Django's messages."""
    known = LEVELS.get(tone, tone)
    return {
        "tone": known if known in BANNER_ICONS else "info",
        "icon_name": BANNER_ICONS.get(known, "info-circle"),
        "text": text,
        "title": title,
        "code": code,
    }


@register.inclusion_tag("includes/facts.html")
def facts(pairs: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Show plain values as key and value; a third entry of a pair says why it is so."""
    return {"pairs": pairs}


@register.inclusion_tag("includes/code.html")
def code(text: str, language: str = "text", title: str = "", ident: str = "code") -> dict[str, Any]:
    """Show text with line numbers, highlighting and a copy button.

    `language` is a lexer's name or a file name; `ident` must be unique on the page.
    """
    return {"lines": highlight.lines(text, language), "title": title, "ident": ident}


@register.inclusion_tag("includes/tree.html")
def tree(nodes: Sequence[Any], label: str = "Contents", pane: str = "") -> dict[str, Any]:
    """Show nodes (label, icon, url, chosen, note, children, open) as a tree that can be folded.

    `pane` is the id of the element that a chosen node fills, without loading the whole page.
    """
    return {"nodes": nodes, "label": label, "pane": pane}


@register.inclusion_tag("includes/stepper.html")
def stepper(steps: Sequence[Any], label: str = "Steps") -> dict[str, Any]:
    """Show the steps of a form: each has a name, a url ("" until it can be opened) and a state."""
    return {"steps": steps, "label": label}


@register.inclusion_tag("includes/bits.html")
def bits(states: Sequence[str]) -> dict[str, Any]:
    """Show the steps of an order as a small bar; the words beside it say the same."""
    return {"states": states, "done": sum(state == "done" for state in states)}


@register.inclusion_tag("includes/tabs.html")
def tabs(entries: Sequence[tuple[str, str]], here: str) -> dict[str, Any]:
    """Show pages of one subject side by side: (label, url), and the label of this one."""
    return {"entries": entries, "here": here}


@register.inclusion_tag("includes/pager.html")
def pager(page: Page, noun: str = "row") -> dict[str, Any]:
    """Show how many rows a list has and where it goes on."""
    return {"page": page, "noun": noun}


@register.inclusion_tag("includes/empty.html")
def empty(
    icon_name: str, title: str, text: str = "", url: str = "", step: str = ""
) -> dict[str, Any]:
    """Say what will be here, and offer the first step."""
    return {"icon_name": icon_name, "title": title, "text": text, "url": url, "step": step}


@register.inclusion_tag("includes/stale.html")
def stale(heard: datetime | None, whom: str) -> dict[str, Any]:
    """Warn that what is shown may no longer hold, and since when nothing was heard."""
    return {"heard": heard, "whom": whom}


@register.inclusion_tag("forms/summary.html")
def error_summary(form: BaseForm) -> dict[str, Any]:
    """Say on top of a form what is wrong, with links to the fields."""
    return {"form": form}


@register.inclusion_tag("forms/cards.html")
def cards(field: BoundField, wide: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 - a template's flag
    """Show a field of choices as cards; its labels are `portal.fields.Card`."""
    return {"field": field, "wide": wide}


@register.filter
def badge_icon(state: str) -> str:
    """Return the icon of a state."""
    return badge_of(state).icon


@register.filter
def tone(state: str) -> str:
    """Return the tone of a state."""
    return badge_of(state).tone
