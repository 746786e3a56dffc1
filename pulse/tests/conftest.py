"""Fixtures of several test files."""

from collections.abc import AsyncIterator

import pytest
from asgiref.sync import sync_to_async
from django.db import connections


@pytest.fixture
async def _connections_closed() -> AsyncIterator[None]:
    """Close the database connections that `database_sync_to_async` leaves open in tests."""
    yield
    await sync_to_async(connections.close_all)()
