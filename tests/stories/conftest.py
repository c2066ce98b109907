"""Every story is told in a whole portal."""

from tests.journey import basket, folders, portal

__all__ = ["basket", "folders", "portal"]
