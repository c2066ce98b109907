"""The portal's settings for tests: a data folder of their own, cheap passwords, no queue.

Whatever BERTH_ variables the shell has are dropped, but for those that name a PostgreSQL server
or the local control plane.
"""

import atexit
import os
import shutil
import tempfile
from importlib import import_module
from pathlib import Path

DATA_OF_TESTS = tempfile.mkdtemp(prefix="berth-tests-")
atexit.register(shutil.rmtree, DATA_OF_TESTS, ignore_errors=True)

KEPT = (
    "BERTH_DATABASE",
    "BERTH_NO_SKIPS",
    "BERTH_THOROUGH",
    "BERTH_CACHE",
    "BERTH_TEST_CLUSTER_STATE",
)

for name in [each for each in os.environ if each.startswith("BERTH_")]:
    if not name.startswith(KEPT):
        del os.environ[name]
os.environ["BERTH_DATA"] = DATA_OF_TESTS
# nobody listens there: a portal that runs beside the tests hears nothing of them
os.environ["BERTH_QUEUE_URL"] = f"unix://{DATA_OF_TESTS}/no-queue.sock"

# a policy that says nothing: groups decide, unless a test names another file
Path(DATA_OF_TESTS, "entitlements.yaml").write_text("version: 1\nrules: []\n")

_real = import_module("portal.settings")
globals().update({name: getattr(_real, name) for name in dir(_real) if name.isupper()})

INSTALLED_APPS = [*_real.INSTALLED_APPS, "tests"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# no manifest, so that pages can be made without collecting static files first
STORAGES = {
    **_real.STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True

DATABASES = _real.DATABASES
if _real.BERTH_DATABASE == "sqlite":
    # a file, not memory: threads and processes of a test see what production would show them
    DATABASES["default"]["TEST"] = {"NAME": f"{DATA_OF_TESTS}/test.sqlite3"}
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
    )
