"""Other names for the tenants of the demonstration: stories meet on one control plane.

What one story leaves there is somebody else's for the next, in whatever order they come.
"""

from collections.abc import Mapping

from tests.running import Portal

RENAMED = (
    "from tenants.models import Tenant;"
    "[Tenant.objects.filter(slug=old).update(slug=new) for old, new in {names}.items()]"
)


def rename_tenants(portal: Portal, names: Mapping[str, str]) -> None:
    """Give tenants, and the rules about them, new names; `names` has them by their old ones."""
    portal.manage("shell", "-c", RENAMED.format(names=dict(names)))
    policy = portal.data / "entitlements.yaml"
    text = policy.read_text()
    for old, new in names.items():
        text = text.replace(f"tenant: {old}", f"tenant: {new}")
    policy.write_text(text)
