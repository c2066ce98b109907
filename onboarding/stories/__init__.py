"""The stories: the steps that carry an order out, one file a kind of order."""

from onboarding.models import Kind
from onboarding.stories import onboard

STORIES = {str(Kind.ONBOARD): onboard.STORY}
