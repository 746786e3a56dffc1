"""The kernel the three apps stand on: everything about connections, nothing about what is said on them.

Imports point one way: the apps import this package, this package imports Channels.
"""
