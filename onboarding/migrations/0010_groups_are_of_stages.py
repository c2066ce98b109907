"""The group that decides stands with the stage now."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("onboarding", "0009_stages_of_approval")]

    operations = [migrations.RemoveField(model_name="change", name="approver_group")]
