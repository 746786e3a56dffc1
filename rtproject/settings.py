"""The settings. Those for operators come from the environment, see `environment.py`."""

import platform
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured

from rtproject import environment as env
from rtproject.environment import setting
from rtproject.logs import logging_settings
from rtproject.secret_key import load_or_create, redis_prefix
from rtproject.websocket.redis_urls import redis_host
from rtproject.websocket.throttling.rates import Rate

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = BASE_DIR / "data"  # ignored by git: the database file and the secret key

# --- The installation ------------------------------------------------------------------------------------------

REDIS_URLS: list[str] = setting(
    "REDIS_URL",
    env.redis_urls,
    [],
    "Redis or Valkey between several processes; several URLs are shards. Sentinels: see below.",
    "none",
)
DATABASE = setting(
    "DATABASE_URL",
    env.database,
    env.database("sqlite:///data/db.sqlite3"),
    "sqlite:////absolute/path, sqlite:///relative/path or postgresql://user:password@host:port/name.",
    "sqlite:///data/db.sqlite3",
)
DATABASES = {"default": DATABASE}
REDIS_PREFIX = setting(
    "REDIS_PREFIX",
    env.matching("[A-Za-z0-9_-]{1,64}", "1 to 64 of A-Z a-z 0-9 _ -"),  # as a pattern of an ACL has them
    "",
    "Begins every key and channel in Redis; a different one for each site.",
    "follows from SECRET_KEY",
)
SECRET_KEY = setting(
    "SECRET_KEY", str, "", "Signs sessions and tokens; one for all processes.", "random, kept in data/"
)
SECRET_KEY_FALLBACKS: list[str] = setting(
    "SECRET_KEY_FALLBACKS",
    lambda text: env.words(text, bool, "a comma separated list of secret keys"),
    [],
    "Earlier secret keys that still verify, comma separated.",
    "none",
)
DEBUG = setting("DEBUG", env.switch, False, "Django's debug pages; never on the internet.", "off")
ALLOWED_HOSTS = setting(
    "ALLOWED_HOSTS",
    env.hosts,
    ["localhost", "127.0.0.1", "[::1]"],
    "Host names this site is served as.",
    "localhost,127.0.0.1,[::1]",
)
CSRF_TRUSTED_ORIGINS: list[str] = setting(
    "CSRF_TRUSTED_ORIGINS", env.origins, [], "More origins (scheme://host) that may post and connect.", "none"
)
HTTPS = setting(
    "HTTPS", env.switch, False, "Redirect to HTTPS, HSTS, secure cookies, trust X-Forwarded-Proto.", "off"
)
HSTS_SECONDS = setting(
    "HSTS_SECONDS", env.whole(), 3600, "With HTTPS: for how long browsers ask for nothing else; 0 is off."
)
LOG_LEVEL = setting(
    "LOG_LEVEL",
    env.matching("(?i:debug|info|warning|error)", "DEBUG, INFO, WARNING or ERROR"),
    "INFO",
    "DEBUG, INFO, WARNING or ERROR; DEBUG adds lines of this project alone.",
).upper()
LOG_FORMAT = setting(
    "LOG_FORMAT", env.matching("text|json", "text or json"), "text", "text, or json: one object a line."
)
TRUSTED_PROXIES = setting("TRUSTED_PROXIES", env.whole(), 0, "Number of our proxies in front, see below.")

# --- Limits and apps -------------------------------------------------------------------------------------------

MAX_BODY = setting("MAX_BODY", env.whole(1), 1024 * 1024, "Bytes of a request's body; a larger one is 413.")
WEBSOCKETS_PER_ADDRESS = setting(
    "WEBSOCKETS_PER_ADDRESS", env.whole(), 200, "Open WebSockets per client address; 0 is off."
)
ROOMS_ALLOW_UNLISTED = setting(
    "ROOMS_ALLOW_UNLISTED", env.switch, True, "Whether any name is a room, or only those in the admin.", "on"
)
# Twelve bytes a character, which is what JSON in ASCII may take, have to fit into the 1 MiB of a WebSocket message.
ROOMS_MAX_TEXT = setting("ROOMS_MAX_TEXT", env.whole(1, 80_000), 4096, "Characters a message may have.")
ROOMS_MESSAGE_RATE = setting(
    "ROOMS_MESSAGE_RATE", Rate.parse, Rate(20, 1.0), "Messages per connection; 0 is off.", "20/second"
)
ROOMS_ADDRESS_RATE = setting(
    "ROOMS_ADDRESS_RATE",
    Rate.parse,
    Rate(60, 1.0),
    "Messages in one room from one address; 0 lifts all limits of an address in a room.",
    "60/second",
)
ROOMS_ADDRESS_PLACES = setting(
    "ROOMS_ADDRESS_PLACES",
    env.whole(),
    20,
    "Members of one address in a room with a member limit; 0 is off.",
)
ROOMS_PASSWORD_ATTEMPTS = setting(
    "ROOMS_PASSWORD_ATTEMPTS",
    Rate.parse,
    Rate(10, 60.0),
    "Wrong passwords per address, of each room and of users; 0 is off.",
    "10/minute",
)
ROOMS_ACCESS = setting(
    "ROOMS_ACCESS",
    env.matching(r"([^\W\d]\w*\.)+[^\W\d]\w*", "the dotted path of a class, such as package.module.Class"),
    "",
    "Dotted path of a class with rules of entry of your own.",
    "none",
)
PULSE_INTERVAL = setting("PULSE_INTERVAL", env.seconds, 5.0, "Seconds from one pulse to the next.", "5")
PULSE_EMBEDDED = setting(
    "PULSE_EMBEDDED", env.switch, not REDIS_URLS, "A pulse worker in the server.", "on without a REDIS_URL"
)
PULSE_HOST = setting(
    "PULSE_HOST", env.host_name, platform.node() or "localhost", "The name of this machine.", "its host name"
)
PULSE_PUBLIC = setting(
    "PULSE_PUBLIC", env.switch, True, "Whether everybody may see the pulse, or only staff.", "on"
)
PULSE_RETENTION = setting(
    "PULSE_RETENTION", env.whole(1, 3650), 90, "Days that hourly figures are kept; finer ones stay for a day."
)
MAIL = setting("EMAIL_URL", env.mail, ("", 25, "", "", False, False, ""), "Sends mail, see below.", "none")
API_RATE = setting("API_RATE", Rate.parse, Rate(50, 1.0), "Calls per token; 0 is off.", "50/second")

# --- Derived from these ----------------------------------------------------------------------------------------

ON_SQLITE = DATABASE["ENGINE"] == env.SQLITE
if not SECRET_KEY:
    if REDIS_URLS or not ON_SQLITE:
        raise ImproperlyConfigured(
            "SECRET_KEY must be given when there is a REDIS_URL or a database that is not SQLite."
        )
    SECRET_KEY = load_or_create(DATA_DIR / "secret_key")
# Redis shares its channels between all database numbers, so the names alone keep two sites apart.
REDIS_PREFIX = REDIS_PREFIX or redis_prefix(SECRET_KEY)

LOGGING = logging_settings(LOG_LEVEL, LOG_FORMAT)

if not ROOMS_MESSAGE_RATE.count:
    ROOMS_ADDRESS_RATE = ROOMS_MESSAGE_RATE

if ON_SQLITE:
    DATABASE["NAME"] = str(BASE_DIR / DATABASE["NAME"])
    # Several processes may share the file: readers do not wait for the writer (WAL), writers queue for their turn
    # at the beginning of a transaction instead of failing in the middle of one (IMMEDIATE).
    if Path(DATABASE["NAME"]).parent == DATA_DIR:
        DATA_DIR.mkdir(mode=0o700, exist_ok=True)
    DATABASE["ENGINE"] = "rtproject.utils.sqlite"
    DATABASE["CONN_MAX_AGE"] = None  # opening the file again would cost more than a query
    DATABASE["CONN_HEALTH_CHECKS"] = True
    # Tests have a file too: of a database in memory a second thread gets "table is locked" instead of its turn.
    DATABASE["TEST"] = {"NAME": f"{DATABASE['NAME']}.test"}
    DATABASE["OPTIONS"] = {
        "timeout": 5,  # seconds, while WAL is switched on; later `utils/db.py` waits instead
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL",
    }
else:
    # A database that does not answer must not hang a handshake for longer than a client waits.
    DATABASE["ENGINE"] = "rtproject.utils.postgresql"
    DATABASE["CONN_MAX_AGE"] = 600
    DATABASE["CONN_HEALTH_CHECKS"] = True
    DATABASE["OPTIONS"] = {
        "connect_timeout": 3,
        "target_session_attrs": "read-write",  # a server that only reads is out of reach
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 5000,
        **DATABASE.get("OPTIONS", {}),
    }

ON_REDIS = {
    "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
    "CONFIG": {
        "hosts": [redis_host(url) | {"socket_connect_timeout": 2} for url in REDIS_URLS],
        "prefix": f"{REDIS_PREFIX}:",
    },
}
FOR_EVER = 10 * 365 * 86400  # seconds: a membership and an event must not expire under a long connection
IN_MEMORY = {
    "BACKEND": "channels.layers.InMemoryChannelLayer",
    "CONFIG": {"expiry": FOR_EVER, "group_expiry": FOR_EVER, "capacity": 10_000},  # events that may wait
}
CHANNEL_LAYERS = {"default": ON_REDIS if REDIS_URLS else IN_MEMORY}
WEBSOCKET = {
    "CONNECTIONS_PER_ADDRESS": WEBSOCKETS_PER_ADDRESS,
    "TRUSTED_PROXIES": TRUSTED_PROXIES,
    "SUBPROTOCOL": "rtproject.v1",
}

# --- Django ----------------------------------------------------------------------------------------------------

# Every folder with endpoints and pages, which are found in its `routing.py` and its `urls.py`.
APPS = sorted(path.parent.name for path in BASE_DIR.glob("*/routing.py"))
INSTALLED_APPS = [
    "daphne",  # first, so that `manage.py runserver` serves WebSockets too
    "channels",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rtproject",
    "rtproject.tokens",
    *APPS,
]
MIDDLEWARE = [
    "rtproject.http.headers.content_security_policy",  # first, so that redirects and refusals carry it too
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "rtproject.http.page_limit.limit_pages",  # not of static files, which come quickly and many at a time
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "rtproject.urls"
ASGI_APPLICATION = "rtproject.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "rtproject.accounts.visitor",
            ]
        },
    }
]
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY
DATA_UPLOAD_MAX_NUMBER_FIELDS = 300  # more than any form of ours or of the admin has
FILE_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024  # a larger body waits in a file
STATIC_URL = "static/"
SERVESTATIC_USE_FINDERS = True  # straight from the apps, the admin's too: no collectstatic step
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL, LOGIN_REDIRECT_URL, LOGOUT_REDIRECT_URL = "login", "home", "home"
DEFAULT_FROM_EMAIL, MAIL_TIMEOUT = MAIL[6], 5  # seconds
if django.VERSION >= (6, 1):
    _names = ("host", "port", "username", "password", "use_tls", "use_ssl")
    MAILERS = {"default": {"OPTIONS": dict(zip(_names, MAIL, strict=False), timeout=MAIL_TIMEOUT)}}
else:
    EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD, EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL[:6]
    EMAIL_TIMEOUT = MAIL_TIMEOUT
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True

# --- HTTPS -----------------------------------------------------------------------------------------------------

SESSION_ENGINE = "rtproject.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
# HSTS for other names of the domain is for their owner to decide, and preloading takes months to undo.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if HTTPS:
    SECURE_HSTS_SECONDS = HSTS_SECONDS
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
