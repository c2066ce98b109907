"""The order form, a page a question. Each answer is kept in a draft as soon as it is given."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.web import SignedIn
from onboarding import actions, lookups, toolbox
from onboarding.form import drafts, offers, questions
from onboarding.form.forms import UnlistedForm
from onboarding.form.questions import Page
from onboarding.models import Draft
from onboarding.views import asking
from portal.web import safe_or_post
from tenants import lookups as record


@safe_or_post
def start(http: SignedIn) -> HttpResponse:
    """Ask for the application; answering it begins the draft."""
    return _ask(http, None, questions.PAGES[0])


@safe_or_post
def step(http: SignedIn, uuid: UUID, step: str) -> HttpResponse:
    """Ask one question of a draft."""
    draft = lookups.draft_for(http.user, uuid)
    page = questions.page(step)
    if page is None or page not in questions.pages_of(draft):
        raise Http404
    if page != questions.PAGES[0] and questions.application_of(draft.answers) is None:
        return redirect(questions.address(draft, questions.PAGES[0]))
    gap = questions.missing(draft)
    if not page.answers and gap is not None:
        return redirect(questions.address(draft, gap))
    return _ask(http, draft, page)


def _ask(http: SignedIn, draft: Draft | None, page: Page) -> HttpResponse:
    asked = asking.asked(http, draft, page)
    if http.method == "POST" and asked.form is not None and asked.form.is_valid():
        answers = asked.form.answers()
        if draft is None:
            draft = drafts.begin(http.user, answers)
        else:
            drafts.keep(draft, answers)
        return redirect(questions.address(draft, questions.after(draft, page)))
    shown = {
        "draft": draft,
        "page": page,
        "steps": questions.steps(draft, page),
        "lines": questions.lines(draft) if draft else [],
        "before": _before(draft, page),
        "form": asked.form,
        "part": f"onboarding/questions/{page.slug}.html",
        **asked.beside,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if _is_wrong(asked) else HTTPStatus.OK
    return render(http, "onboarding/question.html", shown, status=status)


def _is_wrong(asked: asking.Asked) -> bool:
    return asked.form is not None and asked.form.is_bound and not asked.form.is_valid()


def _before(draft: Draft | None, page: Page) -> str:
    earlier = questions.before(draft, page)
    return questions.address(draft, earlier) if earlier else ""


@require_safe
def entitlement(http: SignedIn) -> HttpResponse:
    """Answer at once what the person may order for an application."""
    wanted = http.GET.get("application", "")
    try:
        application = record.application_for(http.user, UUID(wanted))
    except ValueError as error:
        raise Http404 from error
    permits = offers.permits(http.user, application, toolbox.sources())
    shown = {"application": application, "permits": permits}
    return render(http, "onboarding/entitlement.html", shown)


@require_safe
def name_check(http: SignedIn, uuid: UUID) -> HttpResponse:
    """Say while typing whether a name is free."""
    draft = lookups.draft_for(http.user, uuid)
    name = http.GET.get("name", "").strip()[:100]
    verdict = asking.verdict(draft, name) if name else None
    return render(http, "onboarding/name_verdict.html", {"verdict": verdict})


@safe_or_post
def unlisted(http: SignedIn) -> HttpResponse:
    """Take the name of an application that the form does not list."""
    form = UnlistedForm(http.POST or None, initial={"name": http.GET.get("q", "")[:100]})
    if http.method == "POST" and form.is_valid():
        wish = actions.report_unlisted(by=http.user, **form.cleaned_data)
        messages.success(
            http, f"The operators see {wish.name} on their list and will look for its record."
        )
        return redirect("onboarding:home")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(http, "onboarding/report_unlisted.html", {"form": form}, status=status)


@require_POST
def discard(http: SignedIn, uuid: UUID) -> HttpResponse:
    """Throw a draft away."""
    drafts.discard(lookups.draft_for(http.user, uuid))
    messages.info(http, "The draft is gone. Nothing was ordered.")
    return redirect("onboarding:home")
