"""Reviews of services. Those that are there get dates, spread as they went live; none is overdue."""

from calendar import monthrange
from datetime import date, timedelta
from typing import Any

from django.db import migrations, models
from django.db.models import Min

from portal.clock import now

BATCH = 500
PRODUCTION = 6  # months; others 12
NOTICE = timedelta(days=30)  # nobody is asked for a date that is nearer


def after(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def first_due(began: date, months: int, today: date) -> date:
    """Return the first time that whole intervals after the beginning is far enough away."""
    count = 1
    while after(began, count * months) < today + NOTICE:
        count += 1
    return after(began, count * months)


def give_dates(apps: Any, _editor: Any) -> None:
    environments, services = (apps.get_model("tenants", name) for name in ("Environment", "Service"))
    environments.objects.filter(production=True).update(review_months=PRODUCTION)
    months = dict(environments.objects.values_list("pk", "review_months"))
    today, batch = now().date(), []
    rows = services.objects.exclude(lifecycle="retired").annotate(live=Min("placements__live_at"))
    for service in rows.order_by("pk").iterator(BATCH):
        began = min((service.live or service.created_at).date(), today)
        service.review_due = first_due(began, months[service.environment_id], today)
        batch.append(service)
    services.objects.bulk_update(batch, ["review_due"], batch_size=BATCH)


class Migration(migrations.Migration):
    dependencies = (("tenants", "0004_members_by_providers"),)
    operations = (
        migrations.AddField(
            "environment", "review_months", models.PositiveSmallIntegerField(default=12)
        ),
        migrations.AddField("service", "review_due", models.DateField(db_index=True, null=True)),
        migrations.AddConstraint(
            "environment",
            models.CheckConstraint(
                condition=models.Q(review_months__lte=120),
                name="tenants_environment_review",
                violation_error_message=(
                    "A review is due within ten years (120 months), or never (0)."
                ),
            ),
        ),
        migrations.AddConstraint(
            "service",
            models.CheckConstraint(
                condition=~models.Q(lifecycle="retired") | models.Q(review_due=None),
                name="tenants_service_retired_unreviewed",
            ),
        ),
        migrations.RunPython(give_dates, migrations.RunPython.noop),
    )
