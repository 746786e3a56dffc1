"""Loads what all tests share; see `rtproject/tests/support/`."""

pytest_plugins = ["rtproject.tests.support.fixtures", "rtproject.tests.support.reporting"]
