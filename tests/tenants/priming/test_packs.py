"""Packs on disk."""

from pathlib import Path

import pytest

from portal.errors import PlanRefused
from tenants.priming import packs
from tests.tenants.priming import facts_made

GOOD = "name: x\nversion: 3\ndescription: d\nmakes:\n  tenant: [v1/Secret]\n  placement: []\n"


def write(folder: Path, about: str) -> Path:
    for part in packs.PARTS:
        (folder / "x" / part).mkdir(parents=True)
    (folder / "x" / "pack.yaml").write_text(about)
    return folder


def test_a_pack_says_its_version_and_what_it_makes(tmp_path: Path) -> None:
    pack = packs.load(write(tmp_path, GOOD), "x")
    assert (pack.name, pack.version) == ("x", 3)
    assert pack.kinds == {"tenant": {"v1/Secret"}, "placement": set()}


def test_the_standard_pack_says_in_words_what_it_is() -> None:
    assert packs.load(facts_made.PACKS, "standard").description.startswith("Two namespaces.")


@pytest.mark.parametrize("name", ["../standard", "", "Standard", "standard/tenant", "absent"])
def test_a_name_that_is_no_pack_is_refused(name: str) -> None:
    with pytest.raises(PlanRefused, match=r"no (name of a )?priming pack"):
        packs.load(facts_made.PACKS, name)


@pytest.mark.parametrize(
    "about",
    [
        "",
        "version: 3\n",
        GOOD.replace("3", "0"),
        GOOD.replace("3", "true"),
        GOOD.replace("3", '"3"'),
        GOOD.replace("  placement: []\n", ""),
        GOOD.replace("[v1/Secret]", "5"),
    ],
)
def test_a_pack_that_says_too_little_is_refused(tmp_path: Path, about: str) -> None:
    with pytest.raises(PlanRefused):
        packs.load(write(tmp_path, about), "x")


def test_templates_come_in_the_order_of_their_waves(tmp_path: Path) -> None:
    pack = packs.load(write(tmp_path, GOOD), "x")
    for name in ("20-b.yaml.j2", "10-z.yaml.j2"):
        (pack.folder / "tenant" / name).write_text("# nothing")
    found = packs.templates(pack, "tenant")
    assert [(each.wave, each.file) for each in found] == [
        (10, "tenant/10-z.yaml.j2"),
        (20, "tenant/20-b.yaml.j2"),
    ]


@pytest.mark.parametrize("name", ["notes.txt", "1-a.yaml.j2", "10-a.yaml", "10_a.yaml.j2"])
def test_a_file_that_is_no_template_is_refused(tmp_path: Path, name: str) -> None:
    pack = packs.load(write(tmp_path, GOOD), "x")
    (pack.folder / "tenant" / name).write_text("a: b")
    with pytest.raises(PlanRefused, match="is not named like"):
        packs.templates(pack, "tenant")


def test_a_template_that_is_no_text_is_refused(tmp_path: Path) -> None:
    pack = packs.load(write(tmp_path, GOOD), "x")
    (pack.folder / "tenant" / "10-a.yaml.j2").write_bytes(b"\xff\xfe")
    with pytest.raises(PlanRefused, match="cannot be read"):
        packs.templates(pack, "tenant")
