"""What the API shows of orders, and the bodies that it takes."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from onboarding.models import Kind, Order, Plan
from tenants.api.serializers import ApplicationRef, PersonRef, TenantRef

REASON = 1000  # characters


class Shape(serializers.Serializer[Any]):
    """A body: what is not among its fields is refused, never ignored."""

    def to_internal_value(self, data: Any) -> Any:
        """Name fields that do not exist, before the others are looked at."""
        unknown = set(data) - set(self.fields) if isinstance(data, dict) else set()
        if unknown:
            raise serializers.ValidationError(
                {str(name)[:60]: "There is no such field here." for name in sorted(unknown)}
            )
        return super().to_internal_value(data)


class OnboardAnswers(Shape):
    """The answers of the order form for a new berth; values are those that the record lists."""

    application = serializers.UUIDField(help_text="UUID of the application.")
    environments = serializers.ListField(
        child=serializers.CharField(max_length=63),
        min_length=1,
        max_length=20,
        help_text="Slugs of environments; each becomes an order of its own.",
    )
    region = serializers.CharField(max_length=30)
    size = serializers.CharField(max_length=63, help_text="Slug of a size.")
    scaffold = serializers.CharField(max_length=60, help_text="What the repository starts with.")
    name = serializers.CharField(
        max_length=63, required=False, help_text="On clusters; the application's slug unless given."
    )
    destinations = serializers.ListField(
        child=serializers.CharField(max_length=63),
        max_length=100,
        required=False,
        help_text="Slugs of what it has to reach; none unless given.",
    )
    owner = serializers.UUIDField(
        required=False, help_text="UUID of a person; the application's owner unless given."
    )

    def to_internal_value(self, data: Any) -> Any:
        """Return the answers as the form keeps them: UUIDs as text."""
        said = super().to_internal_value(data)
        uuids = {key: str(said[key]) for key in ("application", "owner") if key in said}
        return {**said, **uuids}


class StandingAnswers(Shape):
    """What an order for a service that is in use is about."""

    service = serializers.UUIDField(help_text="UUID of the service.")
    reason = serializers.CharField(max_length=REASON, help_text="Kept with the order.")

    def to_internal_value(self, data: Any) -> Any:
        """Return the answers as plain values: the UUID as text."""
        said = super().to_internal_value(data)
        return {**said, **({"service": str(said["service"])} if "service" in said else {})}


class OffboardAnswers(StandingAnswers):
    """A service that is to be taken away, and why."""


class ResizeAnswers(StandingAnswers):
    """A service that is to have another size, or to reach something else; the rest stays."""

    reason = serializers.CharField(
        max_length=REASON, required=False, allow_blank=True, default="", help_text="Of the change."
    )
    size = serializers.CharField(max_length=63, required=False, help_text="Slug of a size.")
    destinations = serializers.ListField(
        child=serializers.CharField(max_length=63),
        max_length=100,
        required=False,
        help_text="Slugs of all that it has to reach from now on.",
    )


class NewOrder(Shape):
    """An order: its kind, and the answers that this kind asks for."""

    kind = serializers.ChoiceField(choices=Kind.choices, default=Kind.ONBOARD)
    answers = serializers.DictField()


class Reason(Shape):
    """Words for the audit trail."""

    reason = serializers.CharField(
        max_length=REASON, required=False, allow_blank=True, default="", trim_whitespace=True
    )


class Decided(Reason):
    """A decision on the plan that was looked at; a refusal needs a reason."""

    digest = serializers.CharField(max_length=64, help_text="Of the plan, as `plan` shows it.")


class TakenBack(Shape):
    """Why an approval is taken back."""

    reason = serializers.CharField(max_length=REASON)


class Asked(Shape):
    """What an approver wants to know."""

    question = serializers.CharField(max_length=REASON)


class Answered(Shape):
    """What the requester says to it."""

    answer = serializers.CharField(max_length=REASON)


class Start(Shape):
    """When an order starts at the earliest."""

    not_before = serializers.DateTimeField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Null, or nothing: as soon as it is approved.",
    )


class Emergency(Shape):
    """The incident for which an order has to pass the calendar."""

    incident = serializers.CharField(max_length=100)
    why = serializers.CharField(max_length=REASON)


class Reviewed(Shape):
    """What the review of an emergency found."""

    was_justified = serializers.BooleanField()
    text = serializers.CharField(max_length=REASON)


class Amendment(Shape):
    """What is asked for instead. Answers that are left out stay as they are."""

    revision = serializers.IntegerField(
        min_value=1, help_text="The revision that was looked at; a later one is not written over."
    )
    answers = serializers.DictField()


class OrderRecord(serializers.ModelSerializer[Order]):
    """An order and how it stands."""

    number = serializers.IntegerField(source="pk", help_text="What people say.")
    title = serializers.CharField()
    tenant = TenantRef()
    application = ApplicationRef()
    environment = serializers.CharField(source="environment_id")
    requester = PersonRef()
    service = serializers.UUIDField(
        source="service.uuid", allow_null=True, default=None, help_text="Once it is recorded."
    )
    revision = serializers.IntegerField(source="revision_number")
    change = serializers.CharField(source="change_number", help_text="Number of the change.")
    state = serializers.SerializerMethodField("state_of", help_text="How it stands, in one word.")
    sentence = serializers.SerializerMethodField("sentence_of", help_text="Whose move it is.")
    since = serializers.SerializerMethodField("since_of", help_text="It has stood so since then.")

    class Meta:
        model = Order
        fields: tuple[str, ...] = (
            "uuid",
            "number",
            "kind",
            "title",
            "family",
            "tenant",
            "application",
            "environment",
            "requester",
            "service",
            "revision",
            "change",
            "state",
            "sentence",
            "since",
            "submitted_at",
            "ended_at",
        )

    def state_of(self, order: Order) -> str:
        return str(self.context["outlooks"][order.pk].state)

    def sentence_of(self, order: Order) -> str:
        return str(self.context["outlooks"][order.pk].sentence)

    @extend_schema_field(serializers.DateTimeField())
    def since_of(self, order: Order) -> Any:
        since = self.context["outlooks"][order.pk].since
        return serializers.DateTimeField().to_representation(since)


class TroubleRecord(serializers.Serializer[Any]):
    """What is known to be wrong: code, what happened, what it means, what to do now."""

    code = serializers.CharField()
    title = serializers.CharField()
    detail = serializers.CharField()
    meaning = serializers.CharField()
    next_step = serializers.CharField()


class LaneRecord(serializers.Serializer[Any]):
    """A step on one cluster, or the whole step where it runs once an order."""

    cluster = serializers.CharField(help_text="Slug; empty for the order itself.")
    state = serializers.CharField()
    waits_for = serializers.CharField(help_text="Who holds it.")
    since = serializers.DateTimeField(allow_null=True)
    next_try_at = serializers.DateTimeField(allow_null=True)
    attempts = serializers.IntegerField()
    note = serializers.CharField()
    trouble = TroubleRecord(allow_null=True)


class StepRecord(serializers.Serializer[Any]):
    """One step of the story."""

    name = serializers.CharField()
    title = serializers.CharField()
    state = serializers.CharField()
    lanes = LaneRecord(many=True)


class OrderDetail(OrderRecord):
    """An order with its steps, and what it asks for now."""

    digest = serializers.SerializerMethodField("digest_of", help_text="Of its plan, once drafted.")
    answers = serializers.SerializerMethodField("answers_of", help_text="Of the present revision.")
    steps = serializers.SerializerMethodField("steps_of")

    class Meta(OrderRecord.Meta):
        fields = (
            *OrderRecord.Meta.fields,
            "direction",
            "back_reason",
            "change_started_at",
            "settled_at",
            "repository_name",
            "commit_sha",
            "digest",
            "answers",
            "steps",
        )

    def digest_of(self, _order: Order) -> str:
        return str(self.context["digest"])

    @extend_schema_field(serializers.DictField())
    def answers_of(self, _order: Order) -> Any:
        return self.context["answers"]

    @extend_schema_field(StepRecord(many=True))
    def steps_of(self, _order: Order) -> Any:
        return StepRecord(self.context["steps"], many=True).data


class PlacedOrders(serializers.Serializer[Any]):
    """The orders that answers became."""

    orders = OrderRecord(many=True)


class PlanRecord(serializers.ModelSerializer[Plan]):
    """What a revision will bring about; its digest is over the canonical JSON of `desired`."""

    revision = serializers.IntegerField(source="revision.number")
    desired = serializers.SerializerMethodField("desired_of")

    class Meta:
        model = Plan
        fields = ("revision", "digest", "drafted_at", "desired")

    @extend_schema_field(serializers.DictField())
    def desired_of(self, _plan: Plan) -> Any:
        return self.context["desired"]
