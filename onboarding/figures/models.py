"""Counters that only grow, as monitoring wants them."""

from django.db import models


class Tally(models.Model):
    """How many runs of a step, or orders, ended so within so many seconds, and how long they took.

    A histogram of the latest rows alone would shrink whenever a row falls out of the window, and
    monitoring takes a counter that shrinks for a restart. So each row is counted once, when it is
    over, and the sums are kept: whichever process is asked says the same, and restarts cost
    nothing.
    """

    kind = models.CharField(max_length=20)  # of order
    step = models.CharField(max_length=40, blank=True)  # "": the order as a whole
    direction = models.CharField(max_length=10)
    outcome = models.CharField(max_length=12)  # of a run: done, failed or closed
    code = models.CharField(max_length=60, blank=True)  # of the error of a run that failed
    up_to = models.CharField(max_length=10)  # seconds, the upper end of the bucket; or +Inf
    count = models.PositiveBigIntegerField(default=0)
    seconds = models.FloatField(default=0.0)

    class Meta:
        verbose_name_plural = "tallies"
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "step", "direction", "outcome", "code", "up_to"),
                name="onboarding_tally_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.step} {self.outcome} within {self.up_to}: {self.count}"
