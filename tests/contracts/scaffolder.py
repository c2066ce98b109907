"""What every Scaffolder must do; an adapter's test class inherits this and gives `scaffolds`."""

from collections.abc import Mapping

import pytest

from onboarding.ports import Scaffolder
from portal.errors import ScaffoldBroken

ANSWERS: Mapping[str, str] = {
    "tenant": "retail",
    "application": "basket",
    "application_name": "Basket",
    "owner": "Alice Moreau",
    "owners_handle": "@retail",
    "registry": "registry.example.com",
    "starter_image": "",
    "port": "8080",
    "scaffold_version": "1.0.0",
    "repository_url": "https://berth.example.com/git/retail/basket.git",
    "environment": "dev",
    "follow": "branch",
    "reference": "main",
    "protected": "false",
    "replicas": "1",
}


class ScaffolderContract:
    scaffolds: Scaffolder

    def test_every_scaffold_has_a_version_and_says_what_it_is(self) -> None:
        assert self.scaffolds.names()
        for name in self.scaffolds.names():
            about = self.scaffolds.about(name)
            assert about.name == name
            assert about.version == self.scaffolds.version(name) != ""
            assert about.title
            assert about.summary

    def test_the_same_answers_give_the_same_tree(self) -> None:
        for name in self.scaffolds.names():
            assert self.scaffolds.render(name, ANSWERS) == self.scaffolds.render(name, ANSWERS)

    def test_files_come_by_path_and_each_once(self) -> None:
        for name in self.scaffolds.names():
            paths = [file.path for file in self.scaffolds.render(name, ANSWERS)]
            assert paths == sorted(set(paths))

    def test_answers_that_no_scaffold_asks_for_change_nothing(self) -> None:
        for name in self.scaffolds.names():
            more = {**ANSWERS, "something": "else"}
            assert self.scaffolds.render(name, more) == self.scaffolds.render(name, ANSWERS)

    @pytest.mark.parametrize("name", ["absent", "", "../scaffolds", "web-service/.."])
    def test_a_scaffold_that_is_not_there_is_told(self, name: str) -> None:
        with pytest.raises(ScaffoldBroken):
            self.scaffolds.render(name, ANSWERS)

    def test_a_question_that_nobody_answered_is_told(self) -> None:
        answers = {key: value for key, value in ANSWERS.items() if key != "tenant"}
        with pytest.raises(ScaffoldBroken, match="tenant"):
            self.scaffolds.render(self.scaffolds.names()[0], answers)
