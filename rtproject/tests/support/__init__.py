"""What tests over real sockets stand on: server processes, a Valkey, a browser, and the fixtures that hand them out."""
