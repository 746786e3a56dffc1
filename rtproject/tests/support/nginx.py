"""A real nginx with `deploy/nginx.conf`, before server processes."""

import shutil
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from rtproject.tests.support.isolation import ROOT
from rtproject.tests.support.ports import free_port
from rtproject.tests.support.process import Process

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
NO_NGINX = "no nginx here: apt install nginx"
NAME = "chat.example.com"
MAIN = """
daemon off; pid {folder}/pid; error_log stderr notice; worker_processes 1; {user}
events {{ worker_connections 4096; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/rtproject.conf;
}}
"""


class Nginx(Process):
    """nginx as `https_port` of 127.0.0.1, with a certificate of its own for `chat.example.com`."""

    def __init__(self, folder: Path, ports: Sequence[int]) -> None:
        self.http_port, self.https_port = free_port(), free_port()
        _make_certificate(folder)
        given = (ROOT / "deploy" / "nginx.conf").read_text()
        changes = {
            "listen 80;": f"listen 127.0.0.1:{self.http_port};",
            "listen 443 ": f"listen 127.0.0.1:{self.https_port} ",
            "/etc/ssl/chat.example.com": str(folder),
            "127.0.0.1:8001": f"127.0.0.1:{ports[0]}",
            "127.0.0.1:8002": f"127.0.0.1:{ports[1]}",
        }
        for before, after in changes.items():
            assert before in given
            given = given.replace(before, after)
        (folder / "rtproject.conf").write_text(given)
        user = "user root;" if folder.owner() == "root" else ""  # the folder is for its owner alone
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user))
        assert NGINX is not None
        command = [NGINX, "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]
        super().__init__("nginx", command, {})
        self.expect_log("start worker process")
        self.trust = ssl.create_default_context(cafile=str(folder / "fullchain.pem"))

    @property
    def origin(self) -> str:
        """The origin of the pages that it serves."""
        return f"https://{NAME}:{self.https_port}"


def _make_certificate(folder: Path) -> None:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
