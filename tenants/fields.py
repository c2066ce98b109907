"""Column types that several tables of the record share."""

from typing import Any

from django.core.validators import RegexValidator
from django.db import models

# RFC 1123 label, started by a letter so that it may also begin a Kubernetes service name
SLUG = r"[a-z]([a-z0-9-]*[a-z0-9])?"
RESERVED = ("flux",)  # would collide with the control namespace `<tenant>-flux`

slug_shape = RegexValidator(
    rf"^{SLUG}$", "Use lower-case letters, digits and dashes; start with a letter."
)


class SlugField(models.CharField):
    """A short name that becomes part of Kubernetes names: an RFC 1123 label."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 30)
        kwargs.setdefault("validators", [slug_shape])
        super().__init__(*args, **kwargs)
