"""The table of versions and the committed go.mod files say the same."""

import re

import pytest
from localcluster import versions
from localcluster.versions import Group

GROUPS = versions.groups()


def go_mod(group: Group) -> str:
    return (group.folder / "go.mod").read_text()


def test_every_group_has_its_module_and_none_is_left_over() -> None:
    assert {group.name for group in GROUPS} == {path.name for path in versions.MODULES.iterdir()}


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_the_go_mod_requires_the_version_of_the_table(group: Group) -> None:
    for module in group.modules:
        line = rf"^(\t|require ){re.escape(module)} {re.escape(group.version)}( // indirect)?$"
        assert re.search(line, go_mod(group), re.MULTILINE), f"run pin.py: {module}"


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_the_go_mod_replaces_what_the_table_replaces(group: Group) -> None:
    found = re.findall(r"^(?:\t|replace )(\S+) => (\S+) (\S+)$", go_mod(group), re.MULTILINE)
    assert {old: version for old, _, version in found} == group.replaces
    assert all(old == new for old, new, _ in found)


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_the_go_mod_names_the_programs_and_the_go_of_the_table(group: Group) -> None:
    lines = go_mod(group).splitlines()
    assert f"go {versions.oldest_go()}" in lines
    for package in group.programs.values():
        assert f"\t{package}" in lines or f"tool {package}" in lines


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_the_go_sum_knows_the_version_of_the_table(group: Group) -> None:
    sums = (group.folder / "go.sum").read_text()
    assert f"{group.modules[0]} {group.version} h1:" in sums


def test_kubernetes_is_stamped_with_its_own_version() -> None:
    kubernetes = next(group for group in GROUPS if group.name == "kubernetes")
    major, minor, _ = kubernetes.version.removeprefix("v").split(".")
    assert f"gitVersion={kubernetes.version} " in kubernetes.ldflags
    assert f"gitMajor={major} " in kubernetes.ldflags
    assert kubernetes.ldflags.endswith(f"gitMinor={minor}")
