"""What each kind of order asks over the API, and what places it. A new kind is one entry here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from onboarding import actions
from onboarding.api import serializers
from onboarding.engine.steps import Tools
from onboarding.models import Kind, Order

# (answers, key, by, tools) -> the orders, and whether they were placed just now
Place = Callable[[Mapping[str, Any], str, User, Tools], tuple[list[Order], bool]]


@dataclass(frozen=True)
class Ask:
    """The shape of the answers, and the action that places an order of this kind for them."""

    answers: type[serializers.Shape]
    place: Place


def _onboard(
    answers: Mapping[str, Any], key: str, by: User, tools: Tools
) -> tuple[list[Order], bool]:
    return actions.submit_once(answers, key=key, by=by, tools=tools)


ASKS = {str(Kind.ONBOARD): Ask(serializers.OnboardAnswers, _onboard)}
