"""A made-up migration that changes both tables of the ledger, so that SQLite builds them anew."""

from pathlib import Path

from django.db import migrations, models

from audit import migrations as real

NEWEST = max(path.stem for path in Path(real.__path__[0]).glob("[0-9]*.py"))


class Migration(migrations.Migration):
    dependencies = (("audit", NEWEST),)
    operations = (
        migrations.AlterField("entry", "verb", models.CharField(max_length=61)),
        migrations.AddField("seal", "note", models.CharField(max_length=9, default="none")),
    )
