"""What upper rooms may hear of a sign-in."""

from django.dispatch import Signal

# Sent inside the transaction of a sign-in: `person`, the `slugs` of the tenants that the provider's
# groups make them a member of, the provider's slug as `source`, and `by`, the provider as an actor.
arrived = Signal()
