"""Whether answers can be ordered at all: one check for the form's last page and for the API.

It asks the form's own questions with what is on offer now, since a draft may be months old. Rights,
and whether a name is free, are asked afterwards.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from accounts.models import User
from onboarding.form import forms, offers, submission
from onboarding.form.answers import Answers
from onboarding.form.forms import Question
from onboarding.ports import Scaffolder
from portal.errors import AnswersUnfit
from tenants import lookups as record
from tenants.models import Application


def checked(
    form: Mapping[str, Any], *, by: User, scaffolds: Scaffolder
) -> tuple[Application, list[Answers]]:
    """Return the application and one set of answers for each environment.

    Raises AnswersUnfit with a sentence for every field that cannot be used. An application of
    somebody else reads like one that does not exist.
    """
    application = _application(form.get("application"), by)
    if application is None:
        raise AnswersUnfit(_faults([forms.ApplicationForm(form, applications=[])]))
    whole = proposed(application) | dict(form)
    asked = list(_questions(whole, application, scaffolds))
    faults = _faults(asked)
    if faults:
        raise AnswersUnfit(faults)
    plain = {key: value for question in asked for key, value in question.cleaned_data.items()}
    return application, submission.answers_of(plain)


def proposed(application: Application) -> dict[str, Any]:
    """Return what the form proposes, and what stands for answers that a program leaves out."""
    return {
        "name": application.slug,
        "owner": str(application.owner.uuid),
        "destinations": [],
    }


def _faults(asked: Sequence[Question]) -> dict[str, list[str]]:
    return {
        field: [str(each) for each in sentences]
        for question in asked
        for field, sentences in question.errors.items()
    }


def _application(said: object, by: User) -> Application | None:
    try:
        uuid = UUID(str(said))
    except ValueError:
        return None
    return record.applications_of(by).filter(uuid=uuid, retired_at=None).first()


def _questions(
    form: Mapping[str, Any], application: Application, scaffolds: Scaffolder
) -> Iterator[Question]:
    yours = [(str(application.uuid), application.name)]
    yield forms.ApplicationForm(form, applications=yours)
    owners = [(str(each.uuid), str(each)) for each in offers.owners(application)]
    yield forms.OwnersForm(form, owners=owners)
    environments = {each.slug: each for each in offers.environments()}
    yield forms.WhereForm(
        form,
        environments=[(slug, each.name) for slug, each in environments.items()],
        regions=[(region, region) for region in offers.regions()],
        why_not=lambda slug, region: offers.ground(application, environments[slug], region).why_not,
    )
    yield forms.NameForm(form, why_not=lambda _name: "")
    yield forms.SizeForm(form, sizes=[(each.slug, each.name) for each in offers.sizes()])
    yield forms.CodeForm(form, scaffolds=[(name, name) for name in scaffolds.names()])
    offered = [(each.slug, each.name) for each in offers.destinations()]
    yield forms.ConnectionsForm(form, destinations=offered)
