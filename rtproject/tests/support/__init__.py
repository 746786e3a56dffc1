"""Support for tests over real sockets: server processes, a Valkey, a browser, fixtures."""
