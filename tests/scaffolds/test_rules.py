"""Every scaffold keeps the rules of scaffolds/README.md, whatever the answers are."""

import itertools
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import hypothesis
import pytest
import yaml
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from onboarding.ports import File
from onboarding.repositories.cookiecutter_templates import CookiecutterScaffolds, quoted
from tests.contracts.scaffolder import ANSWERS

SCAFFOLDS = CookiecutterScaffolds(settings.BERTH_SCAFFOLDS)
STARTER = f"registry.example.com/starter@sha256:{'0' * 64}"
CLUSTER_WIDE = {"Namespace", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"}
NOT_THEIRS = {"Role", "RoleBinding", "NetworkPolicy", "ResourceQuota", "LimitRange"}
# a whole tree is rendered for each: some are enough, and slow machines may take their time
FEW = hypothesis.settings(max_examples=30, deadline=None)
EVERY = pytest.mark.parametrize("name", SCAFFOLDS.names())

# any text a person or an operator may have typed; Git and YAML have no lone surrogates
odd_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
SPECIAL = ['"', "'", "\\", "\n", "\r\n", "\t", "\x7f", "\x85", "\u2028", "\ufeff", "😀", "{{ x }}"]
hostile = st.lists(
    st.sampled_from([*SPECIAL, "{% raw %}", "{#", ": ", " #", "- ", "&a", "*a", "é"])
)


def tree(name: str, **changes: str) -> Mapping[str, File]:
    return {file.path: file for file in SCAFFOLDS.render(name, {**ANSWERS, **changes})}


def documents(files: Mapping[str, File]) -> Iterator[tuple[str, Any]]:
    for path, file in files.items():
        if path.endswith((".yaml", ".yml")):
            for document in yaml.safe_load_all(file.content):
                yield path, document
        elif path.endswith(".json"):
            yield path, json.loads(file.content)
        elif path.endswith(".toml"):
            yield path, tomllib.loads(file.content)


def one(files: Mapping[str, File], kind: str) -> Any:
    found = [each for _, each in documents(files) if each.get("kind") == kind]
    (base,) = [each for each in found if "template" in each["spec"]]
    return base


@EVERY
@FEW
@given(text=st.one_of(odd_text, hostile.map("".join)))
def test_odd_answers_read_back_from_every_file(name: str, text: str) -> None:
    files = tree(name, application_name=text, owner=text, reference=text)
    found = dict(documents(files))
    answers = found[".berth.yaml"]["answers"]
    assert answers["application_name"] == answers["owner"] == text
    assert found["deploy/overlays/dev/.berth.yaml"]["answers"]["reference"] == text
    assert found.keys() == dict(documents(tree(name))).keys()


@given(st.one_of(odd_text, hostile.map("".join)))
def test_a_quoted_value_is_the_same_to_json_yaml_and_toml(text: str) -> None:
    written = quoted(text)
    assert json.loads(written) == text
    assert yaml.safe_load(written) == text
    assert tomllib.loads(f"value = {written}")["value"] == text
    assert "\n" not in written


@EVERY
@FEW
@given(text=hostile.map("".join))
def test_odd_answers_stay_on_the_line_they_are_written_in(name: str, text: str) -> None:
    plain, odd = tree(name), tree(name, application_name=text, owner=text)
    for path in ("README.md", "CODEOWNERS", "Dockerfile", ".ci/pipeline"):
        assert len(odd[path].content.splitlines()) == len(plain[path].content.splitlines())


@EVERY
@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("tenant", "a b"),
        ("application", "../x"),
        ("environment", "x/y"),
        ("registry", "reg'; rm -rf /"),
        ("registry", "reg$(id)"),
        ("owners_handle", "@a\n* @b"),
        ("starter_image", "starter:latest"),
        ("port", "80; x"),
        ("replicas", "0"),
        ("repository_url", "https://x/`id`"),
    ],
)
def test_what_stands_outside_of_quotes_has_a_form(name: str, question: str, answer: str) -> None:
    with pytest.raises(Exception, match=question):
        tree(name, **{question: answer})


@EVERY
def test_the_scaffold_says_what_it_was_made_from(name: str) -> None:
    found = dict(documents(tree(name)))
    for path in (".berth.yaml", "deploy/overlays/dev/.berth.yaml"):
        assert found[path]["scaffold"] == name
        assert found[path]["version"] == SCAFFOLDS.version(name)
    answers = found[".berth.yaml"]["answers"] | found["deploy/overlays/dev/.berth.yaml"]["answers"]
    assert answers == {key: value for key, value in ANSWERS.items() if key != "scaffold_version"}


@EVERY
def test_another_environment_differs_in_its_overlay_only(name: str) -> None:
    dev = tree(name)
    prod = tree(
        name,
        environment="prod",
        follow="semver",
        reference=">=1.0.0",
        protected="true",
        replicas="2",
    )
    only_prod = {path for path in prod if prod[path] != dev.get(path)}
    assert only_prod
    assert all(path.startswith("deploy/overlays/prod/") for path in only_prod)
    assert all(path.startswith("deploy/overlays/dev/") for path in dev.keys() - prod.keys())


@EVERY
def test_what_a_scaffold_must_contain_is_there(name: str) -> None:
    wanted = {".berth.yaml", ".gitignore", ".ci/pipeline", "CODEOWNERS", "Dockerfile", "README.md"}
    files = tree(name)
    assert wanted <= files.keys()
    assert files[".ci/pipeline"].executable
    assert "Next steps" in files["README.md"].content


@EVERY
@pytest.mark.parametrize("starter", ["", STARTER])
def test_manifests_hold_nothing_that_the_cluster_refuses(name: str, starter: str) -> None:
    for path, document in documents(tree(name, starter_image=starter)):
        if path.startswith("deploy/"):
            assert document.get("kind") not in CLUSTER_WIDE | NOT_THEIRS, path
            assert "namespace" not in document.get("metadata", {}), path


@EVERY
def test_kustomizations_name_files_of_this_repository_only(name: str) -> None:
    files = tree(name, starter_image=STARTER)
    for path, document in documents(files):
        if not path.endswith("/kustomization.yaml"):
            continue
        assert "://" not in files[path].content.partition("images:")[0]
        assert document.keys() <= {
            "apiVersion", "kind", "resources", "patches", "images", "replicas", "labels"
        }  # fmt: skip
        for target in named(document):
            assert resolved(path, target) in {*files, "deploy/base"}


def named(kustomization: Mapping[str, Any]) -> Sequence[str]:
    return [
        *kustomization["resources"],
        *(each["path"] for each in kustomization.get("patches", [])),
    ]


def resolved(path: str, target: str) -> str:
    folder = path.split("/")[:-1]
    for part in target.split("/"):
        folder = folder[:-1] if part == ".." else [*folder, part]
    return "/".join(folder)


@EVERY
def test_pods_pass_pod_security_restricted(name: str) -> None:
    pod = one(tree(name), "Deployment")["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    assert all(volume.keys() <= {"name", "emptyDir"} for volume in pod["volumes"])
    for container in pod["containers"]:
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["readOnlyRootFilesystem"] is True
        assert not any("hostPort" in port for port in container["ports"])


@EVERY
def test_every_container_has_probes_and_limits(name: str) -> None:
    for container in one(tree(name), "Deployment")["spec"]["template"]["spec"]["containers"]:
        for probe in ("readinessProbe", "livenessProbe"):
            assert container[probe]["httpGet"] == {"path": "/healthz", "port": "http"}
        for what, kind in itertools.product(("requests", "limits"), ("cpu", "memory")):
            assert container["resources"][what][kind]


@EVERY
def test_a_new_berth_runs_the_starter_image_by_digest(name: str) -> None:
    found = dict(documents(tree(name, starter_image=STARTER, replicas="2")))
    overlay = found["deploy/overlays/dev/kustomization.yaml"]
    repository, digest = STARTER.split("@")
    assert overlay["images"] == [{"name": "app", "newName": repository, "digest": digest}]
    assert "replicas" not in overlay
    assert found["deploy/overlays/dev/replicas.yaml"]["spec"]["replicas"] == 2


@EVERY
def test_without_a_starter_image_nothing_runs(name: str) -> None:
    overlay = dict(documents(tree(name)))["deploy/overlays/dev/kustomization.yaml"]
    assert overlay["replicas"] == [{"name": "basket", "count": 0}]


@EVERY
def test_the_image_runs_as_a_numbered_user_who_is_not_root(name: str) -> None:
    lines = tree(name)["Dockerfile"].content.splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER")]
    assert re.fullmatch(r"[1-9][0-9]*(:[1-9][0-9]*)?", users[-1])
    pod = one(tree(name), "Deployment")["spec"]["template"]["spec"]
    assert users[-1].split(":")[0] == str(pod["securityContext"]["runAsUser"])
    assert "EXPOSE 8080" in lines
    assert any(line.startswith('ENTRYPOINT ["') for line in lines)


@EVERY
@pytest.mark.parametrize(
    ("follow", "protected", "says"),
    [
        ("branch", "false", "at the head of the branch `x`"),
        ("branch", "true", "git push origin <commit>:refs/heads/x"),
        ("semver", "true", "Only releasers may make tags"),
    ],
)
def test_the_overlay_tells_how_to_release(
    name: str, follow: str, protected: str, says: str
) -> None:
    files = tree(name, follow=follow, protected=protected, reference="x")
    assert says in files["deploy/overlays/dev/README.md"].content
