"""One settings file, driven by the environment, safe by default.

`docs/operations.md` lists every variable. Without DEBUG, a missing SECRET_KEY or ALLOWED_HOSTS stops the start.
"""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from celery.schedules import crontab
from cryptography.fernet import Fernet
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from cedars_intl.demo.people import APP_SECRET
from offices.kit.countries import COUNTRY_NAMES

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY is not set. Set it, or run `make demo` for a local set-up.")
if not DEBUG and len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SECRET_KEY is too short: use 50 random characters or more.")
if not DEBUG and not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS is not set. Name the hosts this site answers to, separated by commas.")
if not DEBUG and "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS is '*'. Name the hosts this site answers to.")
if not env.str("DATABASE_URL", ""):
    raise ImproperlyConfigured("DATABASE_URL is not set. Name a Postgres server, or run `make services`.")
if not env.str("REDIS_URL", ""):
    raise ImproperlyConfigured("REDIS_URL is not set. Name a Redis server, or run `make services`.")

# DEMO shows demo sign-ins and the mail sink, and nothing else: it loosens no guard.
DEMO = env.bool("DEMO", False)
SITE_URL = env.str("SITE_URL", f"https://{(ALLOWED_HOSTS or ['localhost'])[0]}").rstrip("/")
HTTPS = urlsplit(SITE_URL).scheme == "https"
if not HTTPS and not DEBUG and urlsplit(SITE_URL).hostname not in ("localhost", "127.0.0.1"):
    raise ImproperlyConfigured("SITE_URL is not https. Plain http is for this machine only.")

INSTALLED_APPS = [
    "modeltranslation",
    "unfold.apps.BasicAppConfig",
    "import_export",
    "cedars_intl.apps.CedarsAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sitemaps",
    "django.contrib.postgres",
    "django.forms",
    "pgtrigger",
    "pghistory",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "oauth2_provider",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_countries",
    "phonenumber_field",
    "csp",
    "cedars_intl.apps.CedarsIntlConfig",
    "offices.kit",
    "offices.directory",
    "offices.outbox",
    "offices.notifications",
    "offices.translation",
    "offices.routing",
    "offices.exchange",
    "offices.security",
    "patients.intake",
    "patients.records",
    "patients.cases",
    "patients.portal",
    "patients.website",
    "partners.institutions",
    "partners.referrals",
    "partners.api",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "offices.security.middleware.StaffSession",
    "offices.directory.middleware.StaffSettings",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "pghistory.middleware.HistoryMiddleware",
]

ROOT_URLCONF = "cedars_intl.urls"
WSGI_APPLICATION = "cedars_intl.wsgi.application"
ASGI_APPLICATION = "cedars_intl.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Data
DATABASES = {"default": env.db_url("DATABASE_URL") | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}}
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.str("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": env.str("CACHE_PREFIX", "cedars"),
        "OPTIONS": {
            # A page must not fail because the cache is away; rate limits are then open and /readyz says so.
            "IGNORE_EXCEPTIONS": True,
            "SOCKET_CONNECT_TIMEOUT": 2,
            "SOCKET_TIMEOUT": 2,
        },
    }
}
PGHISTORY_APPEND_ONLY = True

# Work
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": env.str("CELERY_KEY_PREFIX", "cedars:"),
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
    "visibility_timeout": 3600,
    # Whoever publishes gives up at once: the row is committed, and the sweep sends what the broker did not take.
    "max_retries": 1,
    "interval_start": 0,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 300
# In kB. A process that has more than this in memory after a task is replaced by a new one.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 1_500_000
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
OUTBOX_SWEEP_SECONDS = env.float("OUTBOX_SWEEP_SECONDS", 5.0)
# Longer than a task may last, or a second worker would send what the first still sends.
OUTBOX_LEASE_SECONDS = env.float("OUTBOX_LEASE_SECONDS", CELERY_TASK_TIME_LIMIT + 30.0)
# A message that no worker took in this time is dropped, so that none pile up; above the drift of the servers' clocks.
OUTBOX_MESSAGE_SECONDS = max(15.0, 3 * OUTBOX_SWEEP_SECONDS)
HEARTBEAT_SECONDS = env.float("HEARTBEAT_SECONDS", 10.0)
# /readyz is not well when a due delivery is older than this.
OUTBOX_LATE_SECONDS = env.float("OUTBOX_LATE_SECONDS", OUTBOX_LEASE_SECONDS + 60)
CELERY_BEAT_SCHEDULE = {
    "outbox-sweep": {
        "task": "offices.outbox.tasks.sweep",
        "schedule": OUTBOX_SWEEP_SECONDS,
        "options": {"expires": OUTBOX_MESSAGE_SECONDS},
    },
    "search-rebuild": {"task": "patients.website.tasks.rebuild", "schedule": crontab(hour=3, minute=15)},
    "uploads-sweep": {"task": "patients.records.tasks.expire_uploads", "schedule": crontab(minute="*/10")},
    "drafts-warn": {"task": "patients.intake.tasks.warn_of_draft_ends", "schedule": crontab(minute=25)},
    "drafts-remove": {"task": "patients.records.tasks.remove_ended_drafts", "schedule": crontab(minute=35)},
    "records-strays": {"task": "patients.records.tasks.remove_strays", "schedule": crontab(hour=2, minute=40)},
    "records-reminders": {"task": "patients.cases.tasks.remind_of_records", "schedule": crontab(minute="*/15")},
    "worker-heartbeat": {"task": "cedars_intl.tasks.beat_heart", "schedule": HEARTBEAT_SECONDS},
}

# People
AUTH_USER_MODEL = "directory.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = reverse_lazy("portal:sign_in")
LOGIN_REDIRECT_URL = reverse_lazy("portal:cases")
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

ACCOUNT_ADAPTER = "patients.portal.accounts.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 900
# Without a dash: right-to-left text would show the two halves in each other's place.
ACCOUNT_LOGIN_BY_CODE_FORMAT = {"numeric": True, "length": 8, "dashed": False}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PREVENT_ENUMERATION = True

# Staff: a second factor, which encrypted secrets stand behind, and an end to sessions that nobody uses
MFA_ADAPTER = "offices.security.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1
STAFF_IDLE_MINUTES = env.int("STAFF_IDLE_MINUTES", 15)
if STAFF_IDLE_MINUTES < 3:
    raise ImproperlyConfigured("STAFF_IDLE_MINUTES is below 3. People are warned two minutes before the end.")
# Accounts that hold this secret show their code on the page, with DEMO only.
DEMO_SECOND_FACTOR = APP_SECRET

# Language, time, names
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", _("English")),
    ("es", _("Spanish")),
    ("ar", _("Arabic")),
    ("zh-hans", _("Chinese (Simplified)")),
    ("fr", _("French")),
    ("id", _("Indonesian")),
    ("pt-br", _("Portuguese (Brazil)")),
    ("ru", _("Russian")),
]
MODELTRANSLATION_DEFAULT_LANGUAGE = "en"
MODELTRANSLATION_FALLBACK_LANGUAGES = ("en",)
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
PHONENUMBER_DB_FORMAT = "E164"
COUNTRIES_OVERRIDE = COUNTRY_NAMES
# A cell of a CSV file that begins with "=" is written without it: no spreadsheet is to compute what somebody typed.
# "+", "-" and "@" begin telephone numbers, lists and addresses, and are kept.
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True

# Files
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(BASE_DIR / "var" / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    # Patients' files, encrypted before they come here. Any backend of django-storages, with its options as JSON.
    "records": {
        "BACKEND": env.str("RECORDS_STORAGE", "django.core.files.storage.FileSystemStorage"),
        "OPTIONS": env.json("RECORDS_STORAGE_OPTIONS", default={"location": str(BASE_DIR / "var" / "records")}),
    },
}
# Master keys of patients' files, the current one first: 32 bytes each in URL-safe base64.
RECORDS_KEYS = env.list("RECORDS_KEYS", default=[])
if not RECORDS_KEYS:
    raise ImproperlyConfigured("RECORDS_KEYS is not set. docs/operations.md says how to make a key.")
try:
    [Fernet(key) for key in RECORDS_KEYS]
except ValueError:
    raise ImproperlyConfigured("RECORDS_KEYS holds something that is no key.") from None
# What a form sends and does not fit into memory lies encrypted in the temporary folder.
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "offices.kit.sealed.SealedUploadHandler",
]
UPLOAD_DAYS = env.int("UPLOAD_DAYS", 7)
UPLOAD_LARGEST_BYTES = env.int("UPLOAD_LARGEST_BYTES", 2 * 1024**3)
# Used when there: ClamAV's daemon (a socket's path, or host:port) and Tesseract.
CLAMD_ADDRESS = env.str("CLAMD_ADDRESS", "")

# Mail
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="smtp://127.0.0.1:25")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Cedars-Sinai International <international@localhost>")

# Translation engines, used when there
LIBRETRANSLATE_URL = env.str("LIBRETRANSLATE_URL", "")
LIBRETRANSLATE_API_KEY = env.str("LIBRETRANSLATE_API_KEY", "")

# Guards
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
BEHIND_TLS_PROXY = env.bool("BEHIND_TLS_PROXY", False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS_PROXY else None
# Whose address the limits count: the one that the outermost trusted proxy saw.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 1 if BEHIND_TLS_PROXY else 0)
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_TRUSTED_ORIGINS = [SITE_URL]
CSRF_FAILURE_VIEW = "patients.portal.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# The team's desk
UNFOLD = {
    "SITE_TITLE": "Cedars-Sinai International",
    "SITE_HEADER": "Cedars-Sinai International",
    "SITE_SUBHEADER": _("The team’s desk"),
    "SITE_URL": "/",
    "SITE_SYMBOL": "public",
    "SHOW_BACK_BUTTON": True,
    "STYLES": [lambda request: static("css/desk.css")],
    "SCRIPTS": [lambda request: static("js/idle.js")],
    "ACCOUNT": {
        "navigation": [
            {"title": _("My sign-in"), "link": reverse_lazy("admin:account")},
            {"title": _("Change password"), "link": reverse_lazy("admin:password_change")},
        ]
    },
    "COLORS": {
        "primary": {
            "50": "oklch(97.5% .015 185)",
            "100": "oklch(94% .03 185)",
            "200": "oklch(88% .05 185)",
            "300": "oklch(79% .07 185)",
            "400": "oklch(68% .085 187)",
            "500": "oklch(56% .085 190)",
            "600": "oklch(46% .075 192)",
            "700": "oklch(40% .065 194)",
            "800": "oklch(34% .055 196)",
            "900": "oklch(29% .045 198)",
            "950": "oklch(21% .035 200)",
        }
    },
}

# Partners
OAUTH2_PROVIDER_APPLICATION_MODEL = "institutions.Credential"
OAUTH2_PROVIDER = {
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "SCOPES": {
        "referrals:read": "Read the referrals your institution made",
        "referrals:write": "Refer a patient",
    },
    "DEFAULT_SCOPES": ["referrals:read", "referrals:write"],
    # RFC 9700, of which the token endpoint uses one grant: tokens are kept as hashes, and the rest is closed.
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["partners.api.authentication.CredentialAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["partners.api.permissions.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["partners.api.throttling.CredentialThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["partners.api.renderers.ORJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["partners.api.parsers.ORJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "partners.api.renderers.AlwaysJSON",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "partners.api.problems.problem_handler",
    "UNAUTHENTICATED_USER": None,
}
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", 600)
SPECTACULAR_SETTINGS = {
    "TITLE": "Cedars-Sinai International partner API",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "partners.api.schema.introduce"],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    # It says at the start of every command that it started.
    "loggers": {"pikepdf": {"level": "WARNING"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
}
