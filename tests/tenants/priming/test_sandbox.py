"""What a template may do, and the ways out of it that are shut."""

import pytest

from portal.errors import PlanRefused
from tenants.priming import documents, sandbox
from tests.tenants.priming import facts_made

FACTS = {"name": "basket", "xs": ("a", "b"), "ys": {"k": "v"}, "facts": facts_made.tenant_facts()}


def written(source: str, **facts: object) -> object:
    return documents.read("t", sandbox.render("t", source, FACTS | facts))


def test_names_loops_conditions_and_joined_text_work() -> None:
    source = (
        "{% for x in xs %}{% if x != 'a' %}\n"
        "{{ x ~ '-' ~ name }}: {{ xs | join(',') }}\n"
        "{% endif %}{% endfor %}"
    )
    assert written(source) == [{"b-basket": "a,b"}]


@pytest.mark.parametrize(
    "source",
    [
        "a: {{ nowhere }}",
        "a: {{ facts.nowhere }}",
        "a: {{ nowhere ~ name }}",
        "{% for x in nowhere %}a{% endfor %}",
        "{% if nowhere %}a: b{% endif %}",
        "a: {{ [nowhere] | join }}",
        "a: {{ 'b' if false }}",
    ],
)
def test_an_undefined_name_is_refused(source: str) -> None:
    with pytest.raises(PlanRefused):
        written(source)


@pytest.mark.parametrize(
    "source",
    [
        "a: {{ name.__class__ }}",
        "a: {{ name['__class__'] }}",
        "a: {{ ''.__class__.__mro__ }}",
        "a: {{ facts.__dict__ }}",
        "a: {{ facts.__init__.__globals__ }}",
        "a: {{ name.format }}",
        "a: {{ '{0.__class__}'.format(name) }}",
        "a: {{ name | attr('upper') }}",
        "a: {{ cycler }}",
        "a: {{ self }}",
        "a: {{ range(3) }}",
        "{% call name.upper() %}{% endcall %}",
        "{% filter upper %}a: b{% endfilter %}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% set a = name %}a: {{ a }}",
        "{% macro m() %}a{% endmacro %}a: b",
        "{% block b %}a: b{% endblock %}",
        "{% with a = name %}a: b{% endwith %}",
    ],
)
def test_an_escape_from_the_sandbox_is_refused(source: str) -> None:
    with pytest.raises(PlanRefused):
        written(source)


@pytest.mark.parametrize(
    "source",
    [
        "a: {{ name | safe }}",
        "a: {{ name | replace('a', 'b') }}",
        "a: {{ name | join(name) }}",
        "a: {{ name | join(',') | join(',') }}",
        "a: {{ xs | join(',', '__class__') }}",
        "a: {{ xs | join(attribute='__class__') }}",
        "a: {{ name is defined }}",
    ],
)
def test_filters_and_tests_beyond_the_list_are_refused(source: str) -> None:
    with pytest.raises(PlanRefused):
        written(source)


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in n %}{% for b in n %}{% for c in n %}{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in n %}{% for b in n %}# bang\n{% endfor %}{% endfor %}",
        "{% for a in n recursive %}{{ loop(n) }}{% endfor %}",
        "a: {{ 'a' * 1000000000 }}",
        "a: {{ 9 ** 999999999 }}",
        "{% for a in range(1000000000) %}{% endfor %}",
        "#" * 40_000,
        "a: {{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}",
        "[" * 30_000,
    ],
)
def test_a_bomb_is_refused_before_it_goes_off(source: str) -> None:
    with pytest.raises(PlanRefused):
        written(source, n=tuple("x" * 1000))


def test_a_refusal_names_template_line_and_reason() -> None:
    with pytest.raises(PlanRefused, match=r"tenant/10-x\.yaml\.j2: line 2: .* may not use Call"):
        sandbox.render("tenant/10-x.yaml.j2", "a: b\nc: {{ name.upper() }}", FACTS)
