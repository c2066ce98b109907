"""What every page is made of: badges, times, highlighted text, lists with cursors, forms."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django import forms
from django.template import Context, Template
from django.test import Client, RequestFactory

from accounts.models import User
from portal import highlight, lists, moments
from portal.badges import BADGES, badge_of
from portal.clock import now
from portal.fields import Card
from tenants.models import Tenant
from tests.make import browser_of, make_tenant

SPRITE = Path(__file__).parents[2] / "templates/static/vendor/icons/sprite.svg"
TONES = {"neutral", "info", "waiting", "good", "attention", "bad"}


def drawn(source: str, **context: object) -> str:
    return Template("{% load berth %}" + source).render(Context(context))


@pytest.mark.parametrize("state", BADGES)
def test_a_badge_has_a_word_one_of_six_tones_and_an_icon_that_is_there(state: str) -> None:
    badge = badge_of(state)
    assert badge.word
    assert badge.tone in TONES
    assert f'id="{badge.icon}"' in SPRITE.read_text()


def test_every_icon_in_a_template_is_in_the_sprite() -> None:
    sprite = SPRITE.read_text()
    used = {
        name
        for template in Path(__file__).parents[2].glob("templates/**/*.html")
        for name in re.findall(r'\{% (?:icon|empty) "([a-z0-9-]+)"', template.read_text())
    }
    assert sorted(name for name in used if f'id="{name}"' not in sprite) == []


def test_a_word_that_the_table_lacks_is_still_shown() -> None:
    assert "Half way" in drawn('{% badge "half-way" %}')


def test_what_people_typed_is_escaped_in_every_component() -> None:
    bad = "<script>alert(1)</script>"
    source = '{% ident t %}{% command t %}{% banner "bad" t %}{% code t "yaml" t %}{% badge t %}'
    assert "<script>" not in drawn(source, t=bad)


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (timedelta(seconds=-20), "just now"),
        (timedelta(minutes=-1), "1 minute ago"),
        (timedelta(hours=-3, minutes=-20), "3 hours ago"),
        (timedelta(days=2, hours=1), "in 2 days"),
        (timedelta(seconds=30), "in less than a minute"),
    ],
)
def test_a_moment_is_told_relative_to_now(
    clock: time_machine.Traveller, away: timedelta, words: str
) -> None:
    assert moments.relative(now() + away) == words


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(milliseconds=3), "under 0.1 s"),
        (timedelta(seconds=2.34), "2.3 s"),
        (timedelta(seconds=42), "42 s"),
        (timedelta(minutes=4, seconds=50), "4 min"),
        (timedelta(hours=2, minutes=5), "2 h 5 min"),
        (timedelta(days=3, hours=4), "3 d 4 h"),
    ],
)
def test_a_length_of_time_reads_as_people_write_it(span: timedelta, words: str) -> None:
    assert moments.length(span) == words


def test_highlighted_text_is_the_text_line_by_line() -> None:
    marked = highlight.lines("a: 1\n# <b>\n", "yaml")
    assert marked.count('class="ln"') == 2
    assert "&lt;b&gt;" in marked


def test_a_list_goes_on_where_it_stopped_and_keeps_its_filter(db: None, rf: RequestFactory) -> None:
    for slug in ("a", "b", "c"):
        make_tenant(slug)
    first = lists.page(Tenant.objects.all(), rf.get("/t/?q=x"), key="slug", size=2)
    assert ([row.slug for row in first.rows], first.total) == (["a", "b"], 3)
    assert first.next_url == "/t/?q=x&after=b"
    second = lists.page(Tenant.objects.all(), rf.get(first.next_url), key="slug", size=2)
    assert ([row.slug for row in second.rows], second.next_url) == (["c"], "")
    assert second.first_url == "/t/?q=x"


def test_a_cursor_that_means_nothing_shows_the_beginning(db: None, rf: RequestFactory) -> None:
    make_tenant("a")
    page = lists.page(Tenant.objects.all(), rf.get("/t/?after=zebra"))
    assert [row.slug for row in page.rows] == ["a"]


class Sample(forms.Form):
    name = forms.CharField(label="Name", help_text="Letters only.")
    size = forms.ChoiceField(
        choices=[("s", Card("Small")), ("l", Card("Large", blocked="No room."))],
        widget=forms.RadioSelect,
    )


def test_a_wrong_field_is_named_on_top_and_tied_to_its_error() -> None:
    form = str(Sample({"name": ""}))
    assert '<a href="#id_name">Name:' in form
    assert 'aria-describedby="id_name_helptext id_name_error"' in form
    assert 'aria-invalid="true"' in form


def test_a_card_that_cannot_be_chosen_says_why() -> None:
    shown = drawn("{% cards form.size %}", form=Sample())
    assert "No room." in shown
    assert shown.count("disabled") == 1


def test_the_components_page_is_for_operators(olivia: User, alice: User) -> None:
    assert browser_of(olivia).get("/components/").status_code == 200
    assert browser_of(alice).get("/components/").status_code == 403


def test_a_page_carries_no_inline_style_or_script(olivia: User) -> None:
    page = browser_of(olivia).get("/components/").content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", page)


def test_the_theme_is_drawn_by_the_server(olivia: User) -> None:
    browser = browser_of(olivia)
    browser.cookies["berth-theme"] = "dark"
    assert 'data-bs-theme="dark"' in browser.get("/components/").content.decode()


def test_a_stranger_is_shown_no_navigation(db: None, client: Client) -> None:
    page = client.get("/sign-in/").content.decode()
    assert 'aria-label="Main"' not in page
