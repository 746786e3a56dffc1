"""A database backend: Django's for PostgreSQL, whose connections count as usable only while they may write."""
