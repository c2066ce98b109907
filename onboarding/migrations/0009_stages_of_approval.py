"""Stages of approval, questions, and approvals that can be taken back.

A change that was opened before has one stage: that of the group it named.
"""

import django.db.models.deletion
import portal.clock
from django.conf import settings
from django.db import migrations, models
from django.db.models import F


def one_stage_each(apps, schema_editor):
    Change = apps.get_model("onboarding", "Change")
    Stage = apps.get_model("onboarding", "Stage")
    StageGroup = apps.get_model("onboarding", "StageGroup")
    Change.objects.update(lapses_at=F("expires_at"))
    for change in Change.objects.filter(type="normal").iterator(chunk_size=500):
        decided = change.status != "authorize"
        stage = Stage.objects.create(
            change=change,
            number=1,
            name="Approval",
            is_anybodys=not change.approver_group,
            opened_at=change.opened_at,
            ended_at=portal.clock.now() if decided else None,
        )
        if change.approver_group:
            StageGroup.objects.create(stage=stage, name=change.approver_group)


class Migration(migrations.Migration):

    dependencies = [
        ("onboarding", "0008_assessments"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="change",
            name="policy",
            field=models.CharField(blank=True, default="", max_length=500),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="change",
            name="control",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="change",
            name="lapses_at",
            field=models.DateTimeField(default=portal.clock.now),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="change", name="paused_at", field=models.DateTimeField(null=True)
        ),
        migrations.AddField(
            model_name="approval",
            name="stage",
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="approval", name="taken_back_at", field=models.DateTimeField(null=True)
        ),
        migrations.AddField(
            model_name="approval",
            name="taken_back_why",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="approval", name="capacity", field=models.CharField(max_length=500)
        ),
        migrations.RemoveConstraint(model_name="approval", name="onboarding_approval_once"),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.UniqueConstraint(
                condition=models.Q(("taken_back_at", None)),
                fields=("change", "person"),
                name="onboarding_approval_once",
            ),
        ),
        migrations.CreateModel(
            name="Stage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=500)),
                ("is_anybodys", models.BooleanField(default=False)),
                ("needed", models.PositiveIntegerField(default=1)),
                ("within", models.DurationField(null=True)),
                ("escalate_to", models.JSONField(default=list)),
                ("opened_at", models.DateTimeField(null=True)),
                ("escalated_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("change", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="stages", to="onboarding.change")),
            ],
            options={
                "ordering": ("number",),
                "constraints": [
                    models.UniqueConstraint(fields=("change", "number"), name="onboarding_stage_once"),
                    models.CheckConstraint(condition=models.Q(("needed__gte", 1)), name="onboarding_stage_needed"),
                ],
            },
        ),
        migrations.CreateModel(
            name="StageGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(db_index=True, max_length=500)),
                ("stage", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="groups", to="onboarding.stage")),
            ],
            options={
                "ordering": ("id",),
                "constraints": [
                    models.UniqueConstraint(fields=("stage", "name"), name="onboarding_stage_group_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Question",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField()),
                ("asked_at", models.DateTimeField(default=portal.clock.now)),
                ("answer", models.TextField(blank=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("answered_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("asked_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("change", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="questions", to="onboarding.change")),
            ],
            options={"ordering": ("id",)},
        ),
        migrations.RunPython(one_stage_each, migrations.RunPython.noop),
    ]
