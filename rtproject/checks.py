"""System checks: settings that do not fit together, and the database before `migrate`."""

import logging
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks.security.base import check_debug, check_secret_key
from django.core.management.base import CommandError
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

logger = logging.getLogger(__name__)


@checks.register()
def check_settings(app_configs: Any, **_: Any) -> list[checks.CheckMessage]:
    """Check the settings, also what Django checks with `--deploy` alone. The defaults give no warning."""
    return [*_processes(), *_network(), *check_debug(None), *check_secret_key(None)]


def log_warnings() -> None:
    """Log what the checks find: a server runs none."""
    for warning in check_settings(None):
        logger.warning("%s %s", warning.msg, warning.hint or "")


def _processes() -> Iterator[checks.CheckMessage]:
    if settings.REDIS_URLS:
        return
    if not settings.PULSE_EMBEDDED:
        yield checks.Warning(
            "PULSE_EMBEDDED is off, but without a REDIS_URL a pulse worker of its own reaches no dashboard.",
            hint="Set REDIS_URL, or leave PULSE_EMBEDDED alone and start no worker.",
            id="rtproject.W001",
        )
    if not settings.ON_SQLITE:
        yield checks.Warning(
            "There is a PostgreSQL and no REDIS_URL: several processes would learn of each other only every 2 seconds,"
            " in unlisted rooms not at all, and would each count wrong passwords by themselves.",
            hint="Set REDIS_URL for all of them. One process alone does well without.",
            id="rtproject.W002",
        )


def _network() -> Iterator[checks.CheckMessage]:
    if "*" in settings.ALLOWED_HOSTS:
        yield checks.Warning(
            "ALLOWED_HOSTS is *: any site can have its name point here, and its pages then count as ours.",
            hint="Set ALLOWED_HOSTS to the names that this site is served as.",
            id="rtproject.W003",
        )
    if settings.HTTPS and not settings.TRUSTED_PROXIES:
        yield checks.Warning(
            "HTTPS is on and TRUSTED_PROXIES is 0: behind the proxy that ends TLS all clients count as one address,"
            " so one address with wrong passwords locks everybody out.",
            hint="Set TRUSTED_PROXIES to how many proxies of yours stand in a row in front of this server.",
            id="rtproject.W004",
        )


def refuse_unreleased_data(using: str, **_: Any) -> None:
    """Stop `migrate`, before it changes anything, on a database that the migrations of an unreleased version made.

    Raises CommandError.
    """
    connection = connections[using]
    applied = MigrationRecorder(connection).applied_migrations()
    if ("rooms", "0001_initial") not in applied:
        return
    if "rooms_room_groups" not in connection.introspection.table_names():
        raise CommandError(
            f"The database {connection.settings_dict['NAME']} was made by a version before the first release and cannot"
            " be migrated: keep it elsewhere, and begin with a new one."
        )
