"""The kernel below the apps: connections, groups and limits, on Django Channels.

It knows no app and nothing of the site around it: the apps import this package, this package imports Channels.
"""
