"""What waits for an approver's decision, and the page to decide on."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Role
from accounts.oidc import freshness
from accounts.web import SignedIn, for_roles
from onboarding import actions, lookups, toolbox
from onboarding import messages as texts
from onboarding.assessment import assessing
from onboarding.calendar import in_force
from onboarding.changes import decisions, inbox, situations
from onboarding.changes.guards import Hindrance
from onboarding.changes.lifecycle import Verb
from onboarding.display import exhibits, histories
from onboarding.display.outlook import outlook
from onboarding.form import previews
from onboarding.form.forms import QuestionForm, ReasonForm, RefusalForm, TakeBackForm
from onboarding.models import Order
from portal.errors import BerthError
from portal.web import safe_or_post

OFFERED = (Verb.APPROVE, Verb.REFUSE, Verb.ASK, Verb.TAKE_BACK)
Deciding = Callable[[SignedIn, int], HttpResponse]


@for_roles(Role.APPROVER)
@require_safe
def approval(http: SignedIn, number: int) -> HttpResponse:
    """Show what would be made and why it is asked for, and take the decision."""
    order = lookups.order_for(http.user, number)
    return _shown(http, order, RefusalForm())


def _shown(
    http: SignedIn, order: Order, refusal: RefusalForm, question: QuestionForm | None = None
) -> HttpResponse:
    question = question or QuestionForm()
    change = lookups.change_of(order)
    may = {verb: situations.hindrances_of(order, change, http.user, verb) for verb in OFFERED}
    page = {
        "order": order,
        "look": outlook(order, histories.steps_of(order)),
        "change": change,
        "rehearsal": histories.is_rehearsed(order),
        "hindrance": _in_words(decisions.why_not(order, change, http.user)),
        "may": {verb.name.lower(): not hindrances for verb, hindrances in may.items()},
        "owners_only": _in_words(_first(may[Verb.APPROVE])),
        "exchanges": lookups.questions_of(order),
        "question": question,
        "answers": histories.evidence_of(order),
        "ahead": in_force.ahead_of(order, change),
        "earlier": lookups.earlier_orders(http.user, order),
        "assessed": assessing.outlook_of(order, http.user),
        "approving": ReasonForm(prefix="approve"),
        "refusal": refusal,
    }
    drafted = histories.plan_of(order)
    if drafted is not None:
        preview = previews.of_plan(order, drafted)
        address = reverse("onboarding:approval", args=(order.pk,))
        shown = [(preview.environment.name, preview.desired)]
        page["preview"] = preview
        page["changes"] = histories.changes_of(order, drafted)
        page["exhibit"] = exhibits.exhibit(shown, http.GET.get("show", ""), address)
    wrong = refusal.errors or question.errors
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(http, "onboarding/approval.html", page, status=status)


def _first(hindrances: list[Hindrance]) -> BerthError | None:
    return hindrances[0].error if hindrances else None


def _in_words(error: Exception | None) -> dict[str, str]:
    if not isinstance(error, BerthError):
        return {}
    text = texts.of(error)
    return {"title": text.title, "detail": error.detail, "next_step": text.next_step}


def _for_deciders(view: Deciding) -> Deciding:
    """Open a view to approvers, and note who wanted to decide on an order they can see and is none.

    The role may have been taken away while the page was open.
    """

    @wraps(view)
    def answer(http: SignedIn, number: int) -> HttpResponse:
        if not http.user.is_approver:
            for order in lookups.orders_of(http.user).filter(pk=number):
                actions.turn_away(order, by=http.user)
        return for_roles(Role.APPROVER)(view)(http, number)

    return answer


@require_POST
@_for_deciders
def approve(http: SignedIn, number: int) -> HttpResponse:
    """Approve the digest that the page showed."""
    order = lookups.order_for(http.user, number)
    if not freshness.is_fresh(http.session):
        back = reverse("onboarding:approval", args=(number,))
        return redirect(f"{reverse('accounts:oidc-again')}?{urlencode({'next': back})}")
    actions.approve(
        order,
        by=http.user,
        digest=http.POST.get("digest", ""),
        reason=http.POST.get("approve-reason", "")[:1000],
        sources=toolbox.tools().sources,
    )
    messages.success(http, f"You approved {order}: {order.title}.")
    return _next(http)


@require_POST
@_for_deciders
def refuse(http: SignedIn, number: int) -> HttpResponse:
    """Refuse, with a reason for the requester."""
    order = lookups.order_for(http.user, number)
    form = RefusalForm(http.POST)
    if not form.is_valid():
        return _shown(http, order, form)
    digest = http.POST.get("digest", "")
    actions.refuse(order, by=http.user, digest=digest, reason=form.cleaned_data["reason"])
    messages.info(http, f"You refused {order}: {order.title}.")
    return _next(http)


@require_POST
@_for_deciders
def ask(http: SignedIn, number: int) -> HttpResponse:
    """Ask the requester something; the order comes back to the inbox with the answer."""
    order = lookups.order_for(http.user, number)
    form = QuestionForm(http.POST)
    if not form.is_valid():
        return _shown(http, order, RefusalForm(), form)
    actions.ask(order, by=http.user, text=form.cleaned_data["question"])
    messages.info(http, f"You asked {order.requester} about {order}.")
    return _next(http)


@safe_or_post
@_for_deciders
def take_back(http: SignedIn, number: int) -> HttpResponse:
    """Ask why, then take one's own approval back."""
    order = lookups.order_for(http.user, number)
    decisions.allowed(order, Verb.TAKE_BACK, by=http.user)
    form = TakeBackForm(http.POST or None)
    if http.method == "POST" and form.is_valid():
        actions.take_back(order, by=http.user, reason=form.cleaned_data["reason"])
        messages.info(http, f"You took your approval of {order} back.")
        return redirect("onboarding:approval", number)
    page = {
        "order": order,
        "form": form,
        "action": reverse("onboarding:take-back", args=(number,)),
        "back": reverse("onboarding:approval", args=(number,)),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(http, "onboarding/take_back.html", page, status=status)


def _next(http: SignedIn) -> HttpResponse:
    """After a decision the next one is open already."""
    waiting = inbox.stretch(inbox.waiting_for(http.user), size=1).lines
    if not waiting:
        return redirect("onboarding:inbox")
    return redirect("onboarding:approval", waiting[0][0].pk)
