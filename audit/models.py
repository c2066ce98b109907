"""Audit entries, what they touched, and the seals that chain them.

An entry is written inside the business transaction and knows no foreign key, so it outlives what it
speaks of. The sealer chains entries afterwards in its own short transaction.
"""

from uuid import uuid4

from django.db import models

from portal.clock import now


class Entry(models.Model):
    """One thing that somebody did. Never changed, never deleted (triggers refuse it)."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    at = models.DateTimeField(default=now)
    actor = models.CharField(max_length=200)  # issuer and subject, or `system:<part>`
    actor_name = models.CharField(max_length=200)
    on_behalf_of = models.CharField(max_length=200, blank=True)
    channel = models.CharField(max_length=20)  # web, api, worker, command
    request_id = models.CharField(max_length=64, blank=True)
    verb = models.CharField(max_length=60)
    object_class = models.CharField(max_length=60)
    object_uuid = models.UUIDField()
    object_name = models.CharField(max_length=253)
    reason = models.TextField(blank=True)
    changes = models.JSONField(default=dict)  # {field: [before, after]}, secrets masked

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("object_uuid", "id"), name="audit_entry_object"),
            models.Index(fields=("actor", "id"), name="audit_entry_actor"),
            models.Index(fields=("verb", "id"), name="audit_entry_verb"),
            models.Index(fields=("at",), name="audit_entry_at"),
        )
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor_name} {self.verb} {self.object_name}"


class Touched(models.Model):
    """A record that an entry changed, and whose it was before and after. Kept 30 days."""

    entry_id = models.BigIntegerField(db_index=True)
    object_class = models.CharField(max_length=60)
    object_uuid = models.UUIDField()
    tenant_before = models.UUIDField(null=True)
    tenant_after = models.UUIDField(null=True)

    def __str__(self) -> str:
        return f"{self.object_class} {self.object_uuid}"


class Unsealed(models.Model):
    """An entry that waits for its seal; written with the entry, taken away by the sealer.

    A list of what waits finds late entries as well, which a "newer than the last" would skip, and
    stays short where a search through all entries would not.
    """

    entry_id = models.BigIntegerField(primary_key=True)

    def __str__(self) -> str:
        return f"entry {self.entry_id}"


class Seal(models.Model):
    """A link of the chain, see `audit/chain.py`: SHA-256 over the previous hash and the entry."""

    class Form(models.IntegerChoices):
        """What the hash is over besides the previous hash."""

        WHOLE = 1  # the entry's canonical JSON
        PARTED = 2  # the hash of what record it is about, and the hash of that JSON

    seq = models.BigIntegerField(primary_key=True)
    # processes of a version before there were forms know nothing of it and seal the WHOLE
    form = models.PositiveSmallIntegerField(
        choices=Form, default=Form.PARTED, db_default=Form.WHOLE
    )
    entry_id = models.BigIntegerField(unique=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ("seq",)
        constraints = (
            models.CheckConstraint(condition=models.Q(form__in=(1, 2)), name="audit_seal_form"),
        )

    def __str__(self) -> str:
        return f"{self.seq} {self.hash[:12]}"


class Inspection(models.Model):
    """When the ledger was last anchored and last verified, and what was found: for people to see.

    It proves nothing, being a row like others; the anchor file and `manage.py verify_audit` do.
    """

    class Kind(models.TextChoices):
        ANCHORED = "anchored"
        VERIFIED = "verified"

    kind = models.CharField(max_length=12, primary_key=True, choices=Kind)
    begun_at = models.DateTimeField(null=True)
    at = models.DateTimeField(null=True)  # when it was last finished
    seq = models.BigIntegerField(default=0)  # up to which seal
    finding = models.TextField(blank=True)  # the first thing that is wrong; "" when it holds

    def __str__(self) -> str:
        return f"{self.kind} {self.at}"
