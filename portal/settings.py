"""All settings, read once from the environment.

With nothing set the portal runs embedded: SQLite, a Valkey server from a wheel, a folder of bare
repositories, the built-in change system, a file of entitlements, and a rehearsal cluster.
"""

import sys
from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF

from portal import env, openapi

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(env.text("BERTH_DATA", default=str(ROOT / "var")))

# Who we are

DEBUG = False
BERTH_EMBEDDED = env.flag("BERTH_EMBEDDED", default=True)
BERTH_URL = env.text("BERTH_URL", default="http://127.0.0.1:8000")
BERTH_VERSION = "0.1.0"
# the first of a list signs; the rest are still accepted (rotation)
SECRET_KEY, *SECRET_KEY_FALLBACKS = env.words("BERTH_SECRET_KEYS") or [
    env.secret("BERTH_SECRET_KEY", folder=DATA, embedded=BERTH_EMBEDDED)
]
ALLOWED_HOSTS = env.words("BERTH_HOSTS", default="127.0.0.1,localhost")
CSRF_TRUSTED_ORIGINS = env.words("BERTH_TRUSTED_ORIGINS")

# Keys by purpose. The first of a list encrypts or signs; the rest are still accepted (rotation).
BERTH_FIELD_KEYS = env.words("BERTH_FIELD_KEYS") or [
    env.secret("BERTH_FIELD_KEY", folder=DATA, embedded=BERTH_EMBEDDED)
]
BERTH_TOKEN_PEPPERS = env.words("BERTH_TOKEN_PEPPERS") or [
    env.secret("BERTH_TOKEN_PEPPER", folder=DATA, embedded=BERTH_EMBEDDED)
]
# By key id, of letters and digits: BERTH_GIT_KEYS=2=<new>,1=<old>, or one BERTH_GIT_KEY.
BERTH_GIT_KEYS = env.pairs("BERTH_GIT_KEYS") or {
    "1": env.secret("BERTH_GIT_KEY", folder=DATA, embedded=BERTH_EMBEDDED),
}

# Django

INSTALLED_APPS = [
    "onboarding",
    "fleet",
    "tenants",
    "accounts",
    "audit",
    "portal",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "django_rq",
    "drf_spectacular",
    "rest_framework",
]
MIDDLEWARE = [
    "audit.middleware.request_id",
    "portal.middleware.logged",
    "portal.middleware.reached_by_address",
    "django.middleware.security.SecurityMiddleware",
    "portal.middleware.security_headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "portal.oversized.oversized_refused",
    "portal.middleware.null_refused",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.session_limits",
    "accounts.middleware.sign_in_required",
    "accounts.middleware.own_time_zone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "onboarding.middleware.expected_errors",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "onboarding.navigation.frame",
            ],
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM_RENDERER = "portal.fields.Renderer"
USE_TZ = True
TIME_ZONE = env.text("BERTH_TIME_ZONE", default="UTC")
LANGUAGE_CODE = "en-gb"

# The way out: the proxy of every client that speaks HTTP (HTTPS_PROXY and its like are not looked
# at), and the authorities that all of them, the database's and the queue's too, are checked with.

BERTH_PROXY = env.address("BERTH_PROXY", schemes=("http", "https"))
BERTH_NO_PROXY = env.words("BERTH_NO_PROXY", default="localhost,127.0.0.1,::1")
BERTH_CA_BUNDLE = env.file("BERTH_CA_BUNDLE")

# Database. SQLite writers take the lock at the start of a transaction (IMMEDIATE): a deferred one
# that reads first and writes later loses to "database is locked" at once.

BERTH_DATABASE = env.choice("BERTH_DATABASE", ["sqlite", "postgresql"], default="sqlite")
_is_web = "portal.wsgi" in sys.modules  # only the web process begins there
DATABASES = {
    "default": env.database(BERTH_DATABASE, DATA, BERTH_CA_BUNDLE, is_web=_is_web),
}
DATABASES["reading"] = env.reading(DATABASES["default"])

# Sign-in (ASVS 5.0 7.3: idle and absolute limits)

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "onboarding:home"
LOGOUT_REDIRECT_URL = "accounts:sign-in"
# Who signs people in beside, or instead of, this portal; none without a file
BERTH_OIDC_FILE = env.file("BERTH_OIDC_FILE")
BERTH_LOCAL_ACCOUNTS = env.flag("BERTH_LOCAL_ACCOUNTS", default=True)
# Whose tokens let workloads in without a secret; nobody's without a file
BERTH_WORKLOADS_FILE = env.file("BERTH_WORKLOADS_FILE")
BERTH_SESSION_IDLE = timedelta(minutes=env.integer("BERTH_SESSION_IDLE_MINUTES", default=30))
BERTH_SESSION_LIMIT = timedelta(hours=env.integer("BERTH_SESSION_LIMIT_HOURS", default=10))
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = int(BERTH_SESSION_LIMIT.total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "accounts.views.locked_out"
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "accounts.addresses.of"
AXES_DISABLE_ACCESS_LOG = True  # sign-ins stand in our own ledger
# a lock ends when the page said it would, however often somebody tries meanwhile
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False

# Transport. Behind TLS everything is strict; the embedded portal listens on loopback only.

BERTH_TLS = BERTH_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BERTH_TLS
SESSION_COOKIE_NAME = "__Host-berth-session" if BERTH_TLS else "berth-session"
CSRF_COOKIE_NAME = "__Host-berth-csrf" if BERTH_TLS else "berth-csrf"
SECURE_SSL_REDIRECT = BERTH_TLS
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^metrics$"]  # asked past the proxy
SECURE_HSTS_SECONDS = 31_536_000 if BERTH_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = BERTH_TLS
SECURE_HSTS_PRELOAD = BERTH_TLS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# One proxy in front of us that sets X-Forwarded-Proto and appends to X-Forwarded-For
BERTH_BEHIND_PROXY = env.flag("BERTH_BEHIND_PROXY", default=False)
if BERTH_BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        # Bootstrap draws its form controls with data: images
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576

# Static files

STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("BERTH_STATIC_FOLDER", default=str(DATA / "static")))
STATICFILES_DIRS = [ROOT / "templates" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Queue: a doorbell and nothing else. Its loss is harmless; the sweeper finds what is due.

BERTH_QUEUE_URL = env.text("BERTH_QUEUE_URL", default="redis://127.0.0.1:6390/0")
RQ_QUEUES = {
    "default": {
        "URL": env.queue(BERTH_QUEUE_URL, BERTH_CA_BUNDLE),
        "DEFAULT_TIMEOUT": 600,
        "DEFAULT_RESULT_TTL": 0,
        "SERIALIZER": "rq.serializers.JSONSerializer",
    }
}
# The doorbell waits for the commit itself, where it also hears that the queue is away.
RQ = {"COMMIT_MODE": "auto"}

# The record: names and labels that a site may shape

BERTH_LABEL_PREFIX = "berth.internal"
BERTH_NAME_PATTERNS = {
    "control_namespace": env.text("BERTH_CONTROL_NAMESPACE", default="{tenant}-flux"),
    "workload_namespace": env.text(
        "BERTH_WORKLOAD_NAMESPACE", default="{tenant}-{application}-{environment}"
    ),
    "placement": env.text("BERTH_PLACEMENT_NAME", default="{application}-{environment}"),
    "repository": env.text("BERTH_REPOSITORY_NAME", default="{tenant}/{application}"),
}
# Labels every primed object carries, beside our own; values may name a fact of the placement.
BERTH_MANDATORY_LABELS = env.pairs(
    "BERTH_MANDATORY_LABELS", default="cost-centre={cost_centre},criticality={criticality}"
)
BERTH_PACK = env.choice("BERTH_PACK", ["standard", "classic"], default="standard")
BERTH_PACKS = ROOT / "templates" / "priming"
BERTH_SCAFFOLDS = ROOT / "scaffolds"

# The process: which adapter serves which port, and its limits

# A file that arranges any number of sources; without one, these two are asked.
BERTH_ENTITLEMENT_CONFIG = env.file("BERTH_ENTITLEMENT_CONFIG")
BERTH_ENTITLEMENT_SOURCES = env.choices(
    "BERTH_ENTITLEMENT_SOURCES", ["file", "groups"], default="file,groups"
)
BERTH_ENTITLEMENT_FILE = env.file("BERTH_ENTITLEMENT_FILE") or DATA / "entitlements.yaml"
# Members of groups by these names are permitted, and of the others refused, whatever else holds.
BERTH_ENTITLEMENT_GROUPS = env.words(
    "BERTH_ENTITLEMENT_GROUPS", default="{tenant}:{environment}:deployers"
)
BERTH_ENTITLEMENT_DENIED_GROUPS = env.words(
    "BERTH_ENTITLEMENT_DENIED_GROUPS", default="berth-suspended,{tenant}-suspended"
)
BERTH_ENTITLEMENT_TTL = timedelta(seconds=env.integer("BERTH_ENTITLEMENT_TTL_SECONDS", default=120))
# Whether sources are asked about who approves too, with the action `approve`.
BERTH_ENTITLEMENT_APPROVERS = env.flag("BERTH_ENTITLEMENT_APPROVERS", default=False)
# More people than this share are not believed to have left in one night; some few always are.
BERTH_LEAVERS_PERCENT = env.integer("BERTH_LEAVERS_PERCENT", default=5)
BERTH_CHANGES_ADAPTER = env.choice("BERTH_CHANGES_ADAPTER", ["builtin"], default="builtin")
BERTH_APPROVAL_TTL = timedelta(hours=env.integer("BERTH_APPROVAL_TTL_HOURS", default=120, least=1))
BERTH_LEASE = timedelta(seconds=env.integer("BERTH_LEASE_SECONDS", default=60, least=6))
BERTH_GIT_ADAPTER = env.choice("BERTH_GIT_ADAPTER", ["bare"], default="bare")
BERTH_GIT_FOLDER = Path(env.text("BERTH_GIT_FOLDER", default=str(DATA / "repositories")))
BERTH_GIT_URL = env.text("BERTH_GIT_URL", default=f"{BERTH_URL}/git")
# Fetches and pushes at once; the rest is told to come again. Keep it below the web threads.
BERTH_GIT_THREADS = env.integer("BERTH_GIT_THREADS", default=8, least=1)
BERTH_GIT_SECONDS = env.integer("BERTH_GIT_SECONDS", default=600, least=10)
BERTH_GIT_PUSH_MB = env.integer("BERTH_GIT_PUSH_MB", default=512, least=1)
BERTH_COMMIT_EMAIL = env.text("BERTH_COMMIT_EMAIL", default="berth@example.com")
BERTH_REHEARSAL_FOLDER = DATA / "rehearsal"
BERTH_REGISTRY = env.text("BERTH_REGISTRY", default="registry.example.com")
# The image a new berth runs until the team's pipeline has built one: by digest, listening on
# the scaffold's port as a non-root user. Empty means the first Deployment has no replicas.
BERTH_STARTER_IMAGE = env.text("BERTH_STARTER_IMAGE")
BERTH_LINKS = env.pairs("BERTH_LINKS")  # label={url template}, shown on a live order
BERTH_SUPPORT = env.text("BERTH_SUPPORT", default="your platform team")

# The ledger: where its newest seal is written down, out of the database's reach

BERTH_RISK_RULES = env.file("BERTH_RISK_RULES") or ROOT / "onboarding/assessment/risk.yaml"
BERTH_CHANGE_CONTROL = env.file("BERTH_CHANGE_CONTROL") or ROOT / "onboarding/changes/control.yaml"

BERTH_AUDIT_ANCHORS = Path(env.text("BERTH_AUDIT_ANCHORS", default=str(DATA / "anchors.jsonl")))
BERTH_AUDIT_ANCHOR_EVERY = timedelta(
    minutes=env.integer("BERTH_AUDIT_ANCHOR_MINUTES", default=5, least=1)
)
# a ZIP of the simple kind ends at 4 gigabytes
BERTH_EVIDENCE_MEGABYTES = env.integer("BERTH_EVIDENCE_MEGABYTES", default=256, least=1, most=4000)

# API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.MachineTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["tenants.api.permissions.MayReadRecord"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "tenants.api.pagination.KeysetPagination",
    "DEFAULT_VERSIONING_CLASS": None,
    "EXCEPTION_HANDLER": "tenants.api.problems.as_problem",
    "DEFAULT_THROTTLE_CLASSES": ["tenants.api.throttles.PerPrincipal"],
    # calls of one person or machine to each process of the portal
    "DEFAULT_THROTTLE_RATES": {
        "record": env.text("BERTH_API_RATE", default="600/minute"),
        "export": env.text("BERTH_EXPORT_RATE", default="60/hour"),
        "order": env.text("BERTH_ORDER_RATE", default="60/minute"),
    },
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = openapi.SETTINGS

# Monitoring: whence /metrics may be read without a token. Empty: from nowhere.

BERTH_METRICS_FROM = env.networks("BERTH_METRICS_FROM")

# Logs, to standard error

BERTH_LOG_FORMAT = env.choice("BERTH_LOG_FORMAT", ["text", "json"], default="text")
BERTH_LOG_REQUESTS = env.flag("BERTH_LOG_REQUESTS", default=not BERTH_EMBEDDED)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "portal.logs.Text"},
        "json": {"()": "portal.logs.Json"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": BERTH_LOG_FORMAT}},
    "root": {
        "handlers": ["stderr"],
        "level": env.choice(
            "BERTH_LOG_LEVEL", ["DEBUG", "INFO", "WARNING", "ERROR"], default="INFO"
        ),
    },
    "loggers": {
        # below that it tells of every sign-in that went well; those stand in our ledger
        "axes": {"level": "WARNING"},
        # below these, whole bodies and statements with their values, which hold secrets
        "kubernetes": {"level": "WARNING"},
        "django.db.backends": {"level": "INFO"},
        # its own lines in our format, but for those before the portal is loaded
        "gunicorn.error": {"handlers": ["stderr"], "propagate": False},
        "portal.requests": {"level": "INFO" if BERTH_LOG_REQUESTS else "WARNING"},
    },
}

# Our own checks say the same in words that fit this portal: BERTH_URL decides on all of them.
SILENCED_SYSTEM_CHECKS = [f"security.W{number:03}" for number in (4, 8, 9, 12, 16)]

if sys.argv[1:2] != ["check"]:  # which tells them beside everything else
    env.refuse_faults()
