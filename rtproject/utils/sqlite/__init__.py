"""A database backend: Django's for SQLite, whose connections belong to the file that has the name."""
