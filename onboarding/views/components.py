"""The components page: each component in both themes, with its longest and emptiest content."""

from datetime import timedelta

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import Role
from accounts.web import SignedIn, for_roles
from onboarding.display.exhibits import Node
from onboarding.display.timeline import rows
from onboarding.engine.steps import Done, Outcome, Per, Step, Task, Tools
from onboarding.form.questions import Step as FormStep
from onboarding.models import Direction, RunState, StepRun
from portal import lists
from portal.badges import BADGES
from portal.clock import now
from portal.fields import Card

LONG = "a-name-as-long-as-kubernetes-allows-it-which-is-sixty-three-chars"
MANIFEST = """apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: checkout-prod
  namespace: payments-flux  # shared by the tenant
spec:
  interval: 10m0s
  prune: true
  wait: true
  serviceAccountName: "checkout-prod"
"""


class Sample(forms.Form):
    """Fields in every state."""

    name = forms.CharField(label="Name", help_text="Lower-case letters, digits and dashes.")
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 2}))
    count = forms.IntegerField(label="Pods", min_value=1, max_value=500)
    region = forms.ChoiceField(label="Region", choices=[("", "Choose"), ("eu1", "eu1")])
    agreed = forms.BooleanField(label="I have read what will be made")
    fixed = forms.CharField(label="Tenant", disabled=True, initial="Payments", required=False)
    kinds = forms.MultipleChoiceField(
        label="Tell me about",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[("failures", "failures"), ("deliveries", "deliveries")],
    )


class Cards(forms.Form):
    """Choices as cards: chosen, plain, with a note, and one that cannot be chosen."""

    size = forms.ChoiceField(
        label="Size",
        widget=forms.RadioSelect,
        choices=[
            ("s", Card("Small", "A service with few users", ["500m CPU", "1Gi memory"])),
            ("m", Card("Medium", "A busy service", ["2 CPU", "4Gi memory"], note="Frozen soon")),
            ("l", Card("Large", "A lot", blocked="Your tenant has 2 CPU left on eu1.")),
        ],
    )


def _half(name: str, title: str) -> dict[str, object]:
    """Return what one theme's half of the page needs for itself: its forms and its ids."""
    return {
        "name": name,
        "title": title,
        "code": f"{name}-code",
        "empty_code": f"{name}-empty-code",
        "sample": Sample(
            {"name": "Wrong Name", "count": "9000", "kinds": ["failures"]}, auto_id=f"{name}_%s"
        ),
        "empty_sample": Sample(auto_id=f"{name}_empty_%s"),
        "cards": Cards({"size": "s"}, auto_id=f"{name}_%s"),
    }


@for_roles(Role.OPERATOR)
@require_safe
def components(http: SignedIn) -> HttpResponse:
    """Show every component of `templates/includes/README.md`."""
    page = {
        "badges": BADGES,
        "long": LONG,
        "long_ago": now() - timedelta(days=400),
        "soon": now() + timedelta(hours=2, minutes=5),
        "facts": [("Tenant", "Payments"), ("Name", LONG, "Why we show it"), ("Commit", "")],
        "manifest": MANIFEST,
        "rows": _timeline(),
        "steps": _steps(),
        "going": [f"The space {LONG} on eu1-prod-03", "The account that delivers there"],
        "states": ["done", "done", "now", "waiting", "stuck", "todo", "todo"],
        "nodes": _tree(),
        "page": lists.Page([], 1234, "?", "?after=50"),
        "filters": [_filter(http)],
        "tabs": [("Timeline", "?"), ("Plan", "?"), ("Raw", "?")],
        "halves": [_half("light", "Light"), _half("dark", "Dark")],
    }
    return render(http, "onboarding/components.html", page)


def _filter(http: SignedIn) -> lists.Filter:
    options = [("", "All", 1234), ("stuck", "Stuck", 2), ("never", LONG, 0)]
    return lists.choices(http, "state", "State", options)


def _steps() -> list[FormStep]:
    names = ["Application", "Where", "Name", "Size", "Check"]
    states = ["done", "done", "here", "todo", "todo"]
    return [
        FormStep(name, "" if state == "todo" else "#stepper", state)
        for name, state in zip(names, states, strict=True)
    ]


def _tree() -> list[Node]:
    leaf = Node("Kustomization checkout-prod", "file-code", url="#tree", chosen=True)
    folder = Node("Shared by the tenant", "folder", note="2", open=True, children=(leaf,))
    return [
        Node("Cluster eu1-prod-03", "server", note="38", open=True, children=(folder,)),
        Node(LONG, "git-branch", note="31", children=(Node("README.md", "file"),)),
    ]


def _nothing(_task: Task, _tools: Tools) -> Outcome:
    return Done("")


def _timeline() -> list[object]:
    steps = [
        Step("entitlement", "Entitlement", _nothing),
        Step("await_approval", "Approval", _nothing),
        Step("prime", "Prime", _nothing, per=Per.PLACEMENT),
        Step("await_delivery", "First delivery", _nothing, per=Per.PLACEMENT),
        Step("close", "Close", _nothing),
    ]
    runs = [
        _run("entitlement", RunState.OVER, succeeded=True, note="Permitted by group pay-prod."),
        _run("await_approval", RunState.WAITING, waits_for="approvers in change-board"),
        _run("prime", RunState.OVER, place=1, succeeded=True, note="38 objects applied."),
        _run("prime", RunState.OVER, place=2, succeeded=False, error_code="cluster.busy"),
        _run(
            "prime",
            RunState.STUCK,
            place=2,
            attempt=2,
            error_code="cluster.object-refused",
            error_detail="exceeded quota: " + LONG,
        ),
        _run("await_delivery", RunState.MOVING, place=1, waits_for="Flux on this cluster"),
    ]
    return list(rows(steps, runs, {1: "eu1-prod-03", 2: "us1-prod-01"}, 1))


def _run(step: str, state: RunState, *, place: int | None = None, **columns: object) -> StepRun:
    began = now() - timedelta(minutes=12)
    ended = now() - timedelta(minutes=8) if state is RunState.OVER else None
    return StepRun(
        step=step,
        state=state,
        revision=1,
        direction=Direction.ONWARD,
        placement_id=place,
        started_at=began,
        finished_at=ended,
        **columns,
    )
