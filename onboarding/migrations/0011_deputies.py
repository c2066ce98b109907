"""Votes that are lent: each approval says whose vote it is."""

import uuid

import django.db.models.deletion
import portal.clock
from django.conf import settings
from django.db import migrations, models
from django.db.models import F


def own_votes(apps, schema_editor):
    apps.get_model("onboarding", "Approval").objects.update(voter=F("person"))


class Migration(migrations.Migration):

    dependencies = [
        ("onboarding", "0010_groups_are_of_stages"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="approval",
            name="voter",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.RunPython(own_votes, migrations.RunPython.noop),
        migrations.CreateModel(
            name="Delegation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("begins_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("why", models.CharField(blank=True, max_length=500)),
                ("made_at", models.DateTimeField(default=portal.clock.now)),
                ("ended_at", models.DateTimeField(null=True)),
                ("deputy", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "ordering": ("-id",),
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("begins_at__lt", models.F("ends_at"))), name="onboarding_delegation_time"),
                    models.CheckConstraint(condition=models.Q(("person", models.F("deputy")), _negated=True), name="onboarding_delegation_two"),
                ],
            },
        ),
    ]
