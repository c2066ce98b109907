"""Which identity provider says that a person is a member."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0003_repositories_that_are_leaving"),
    ]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="source",
            field=models.CharField(blank=True, default="", max_length=30),
            preserve_default=False,
        ),
    ]
