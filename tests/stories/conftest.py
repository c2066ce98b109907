"""Every story is told in a whole portal; some in processes of their own."""

from tests.journey import basket, folders, portal
from tests.stories.apart import empty
from tests.stories.placing import placed

__all__ = ["basket", "empty", "folders", "placed", "portal"]
