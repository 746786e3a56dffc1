"""Alerts: their state in the store, staleness of hosts, and telling dashboards."""
