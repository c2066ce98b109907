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
from onboarding.changes import decisions
from onboarding.display import exhibits, histories
from onboarding.display.outlook import outlook
from onboarding.form import previews
from onboarding.form.forms import ReasonForm, RefusalForm
from onboarding.models import Order
from portal.errors import BerthError

Deciding = Callable[[SignedIn, int], HttpResponse]


@for_roles(Role.APPROVER)
@require_safe
def inbox(http: SignedIn) -> HttpResponse:
    """List the orders that wait for this person, the next due first."""
    lines = lookups.with_changes(lookups.inbox_of(http.user))
    return render(http, "onboarding/inbox.html", {"lines": lines})


@for_roles(Role.APPROVER)
@require_safe
def approval(http: SignedIn, number: int) -> HttpResponse:
    """Show what would be made and why it is asked for, and take the decision."""
    order = lookups.order_for(http.user, number)
    return _shown(http, order, RefusalForm())


def _shown(http: SignedIn, order: Order, refusal: RefusalForm) -> HttpResponse:
    change = lookups.change_of(order)
    page = {
        "order": order,
        "look": outlook(order, histories.steps_of(order)),
        "change": change,
        "rehearsal": histories.is_rehearsed(order),
        "hindrance": _in_words(decisions.why_not(order, change, http.user)),
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
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refusal.errors else HTTPStatus.OK
    return render(http, "onboarding/approval.html", page, status=status)


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


def _next(http: SignedIn) -> HttpResponse:
    """After a decision the next one is open already."""
    waiting = lookups.with_changes(lookups.inbox_of(http.user))
    if not waiting:
        return redirect("onboarding:inbox")
    return redirect("onboarding:approval", waiting[0][0].pk)
