"""What a person does to an order under way: withdraw, amend, try again."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.web import SignedIn
from onboarding import actions, lookups, stories
from onboarding.display import histories
from onboarding.display.timeline import Row
from onboarding.form import questions
from onboarding.form.forms import AnswerForm, ReasonForm, StartForm
from onboarding.models import Order
from portal.errors import StartUnfit
from portal.web import safe_or_post


@safe_or_post
def withdraw(http: SignedIn, number: int) -> HttpResponse:
    """Ask, showing what will go; then turn the order round."""
    order = lookups.order_for(http.user, number)
    form = ReasonForm(http.POST or None)
    if http.method == "POST" and form.is_valid():
        actions.withdraw(order, by=http.user, reason=form.cleaned_data["reason"])
        return redirect("onboarding:order", number)
    page = {
        "order": order,
        "form": form,
        "goes": goes(histories.steps_of(order)),
        "undone": stories.of(order).undone,
        "action": reverse("onboarding:withdraw", args=(number,)),
        "back": reverse("onboarding:order", args=(number,)),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(http, "onboarding/withdraw.html", page, status=status)


def goes(rows: list[Row]) -> list[str]:
    """Return in words what the steps so far have made."""
    return [row.step.takes_back for row in rows if row.step.takes_back and row.state != "todo"]


@require_POST
def answer(http: SignedIn, number: int) -> HttpResponse:
    """Answer what an approver asked."""
    order = lookups.order_for(http.user, number)
    form = AnswerForm(http.POST)
    if form.is_valid():
        actions.answer(order, by=http.user, text=form.cleaned_data["answer"])
        messages.success(http, "Approvers have your answer.")
    else:
        messages.error(http, str(next(iter(form.errors.values()))[0]))
    return redirect("onboarding:order", number)


@safe_or_post
def schedule(http: SignedIn, number: int) -> HttpResponse:
    """Ask when the order starts at the earliest; before anybody has approved."""
    order = lookups.order_for(http.user, number)
    form = StartForm(http.POST or None, initial={"not_before": order.not_before})
    if http.method == "POST" and form.is_valid() and _scheduled(http, order, form):
        return redirect("onboarding:order", number)
    page = {
        "order": order,
        "form": form,
        "action": reverse("onboarding:schedule", args=(number,)),
        "back": reverse("onboarding:order", args=(number,)),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(http, "onboarding/schedule.html", page, status=status)


def _scheduled(http: SignedIn, order: Order, form: StartForm) -> bool:
    try:
        actions.schedule(order, at=form.cleaned_data["not_before"], by=http.user)
    except StartUnfit as error:
        form.add_error("not_before", error.detail)
        return False
    return True


@require_POST
def amend(http: SignedIn, number: int) -> HttpResponse:
    """Open the form again with what was asked for."""
    order = lookups.order_for(http.user, number)
    draft = actions.begin_amendment(order, by=http.user)
    return redirect(questions.address(draft, questions.PAGES[-1]))


@require_POST
def retry(http: SignedIn, number: int) -> HttpResponse:
    """Try what is stuck again."""
    order = lookups.order_for(http.user, number)
    actions.retry(order, by=http.user, reason=http.POST.get("reason", "")[:1000])
    messages.info(http, "Berth tries again now.")
    return redirect("onboarding:order", number)
