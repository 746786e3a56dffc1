"""The pulse of the machines this site runs on: one worker a host measures, every dashboard is told."""
