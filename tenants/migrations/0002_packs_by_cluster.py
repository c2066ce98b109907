"""Each placement says by which pack it is laid out and where its Flux objects stand."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import OuterRef, Q, Subquery


def lay_out(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Until now there was one layout: Flux objects stand in the tenant's control namespace."""
    placements = apps.get_model("tenants", "Placement").objects
    grounds = apps.get_model("tenants", "TenantCluster").objects
    ground = grounds.filter(pk=OuterRef("tenant_cluster"))
    placements.update(
        pack=Subquery(ground.values("pack")),
        flux_namespace=Subquery(ground.values("control_namespace")),
    )


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_first_tables")]

    operations = [
        migrations.AddField(
            "cluster", "pack", models.CharField(blank=True, max_length=40, default="")
        ),
        migrations.AddField("placement", "pack", models.CharField(max_length=40, default="")),
        migrations.AddField(
            "placement", "flux_namespace", models.CharField(max_length=63, default="")
        ),
        migrations.RunPython(lay_out, migrations.RunPython.noop),
        migrations.AlterField("cluster", "pack", models.CharField(blank=True, max_length=40)),
        migrations.AlterField("placement", "pack", models.CharField(max_length=40)),
        migrations.AlterField("placement", "flux_namespace", models.CharField(max_length=63)),
        migrations.AddConstraint(
            "placement",
            models.CheckConstraint(
                condition=~Q(pack="") & ~Q(flux_namespace=""), name="tenants_placement_laid_out"
            ),
        ),
    ]
