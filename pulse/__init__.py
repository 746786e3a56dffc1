"""The pulse of the machines of this site: each measures itself for all dashboards."""
