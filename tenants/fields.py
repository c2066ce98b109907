"""Columns and rules that several tables of the record share."""

from typing import TYPE_CHECKING, Any, ClassVar, Self
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from portal.clock import now
from tenants import names

# RFC 1123 label, started by a letter so that it may also begin a Kubernetes service name.
# \Z, because $ would let a line break through.
SLUG = r"^[a-z]([a-z0-9-]*[a-z0-9])?\Z"
RESERVED = names.RESERVED

if TYPE_CHECKING:
    TextColumn = models.CharField[str, str]
else:  # at run time Django's fields are no generics
    TextColumn = models.CharField

SHAPE = "Use lower-case letters, digits and dashes; start with a letter, end with no dash."
slug_shape = RegexValidator(SLUG, SHAPE)


class SlugField(TextColumn):
    """A short name that becomes part of Kubernetes names: an RFC 1123 label."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 30)
        kwargs.setdefault("validators", [slug_shape])
        super().__init__(*args, **kwargs)


class Record(models.Model):
    """What every row of the record has: a UUID for other systems, its times and its version."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)
    updated_at = models.DateTimeField(default=now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    class Meta:
        abstract = True


def shape_rule(table: str) -> models.CheckConstraint:
    """Return the rule that a table's slug is an RFC 1123 label."""
    return models.CheckConstraint(
        condition=Q(slug__regex=SLUG),
        name=f"tenants_{table}_slug_shape",
        violation_error_message=SHAPE,
    )


def reserved_rule(table: str) -> models.CheckConstraint:
    """Return the rule that a table's slug is none of the reserved names."""
    kept = Q(slug__in=RESERVED)
    for prefix in names.RESERVED_PREFIXES:
        kept |= Q(slug__startswith=prefix)
    return models.CheckConstraint(
        condition=~kept,
        name=f"tenants_{table}_not_reserved",
        violation_error_message="This name is reserved.",
    )


def label_value(text: str) -> None:
    """Refuse text that cannot be the value of a label on primed objects."""
    wrong = names.label_value_faults(text)
    if wrong:
        raise ValidationError(" ".join(wrong))
