"""The files in `deploy/`, as they are."""

import asyncio
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

import pytest
import yaml
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from benchmarks.destruction.processes import ServerProcess
from rtproject.environment import DECLARED
from rtproject.tests.support.isolation import ROOT
from rtproject.tests.support.nginx import NAME, NGINX, NO_NGINX, Nginx
from rtproject.tests.support.process import Process

DEPLOY = ROOT / "deploy"
ANALYZE = shutil.which("systemd-analyze")
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.socket")])


@pytest.mark.slow
@pytest.mark.skipif(ANALYZE is None, reason="no systemd here")
def test_systemd_accepts_the_units(tmp_path):
    """In a folder of programs that exist. It answers unknown keys with a line, and status 0."""
    for name in ("daphne", "python"):
        program = tmp_path / ".venv" / "bin" / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.symlink_to("/bin/true")
    copies = [tmp_path / unit.name.replace("@.", "@8001.") for unit in UNITS]
    for unit, copy in zip(UNITS, copies, strict=True):
        copy.write_text(unit.read_text().replace("/srv/rtproject", str(tmp_path)))
    done = subprocess.run(
        [str(ANALYZE), "verify", *map(str, copies)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    ours = [line for line in done.stdout.splitlines() if str(tmp_path) in line]
    assert (done.returncode, ours) == (0, [])
    assert len(copies) == 5


# What systemd does for rtproject.socket: it keeps the socket, and starts the service again when it ends.
SUPERVISOR = """
import os, socket, subprocess, sys
with socket.create_server(("127.0.0.1", 0), backlog=4096) as kept:
    os.dup2(kept.fileno(), 3)
    print("kept", kept.getsockname()[1], flush=True)
    for _ in range(2):
        service = subprocess.Popen(sys.argv[1:], pass_fds=[3])
        print("service", service.pid, flush=True)
        service.wait()
"""


@pytest.mark.slow
async def test_a_restart_behind_a_socket_of_systemd_refuses_no_connection(new_site):
    """With the command of the unit. Connections that come in between wait for the new process."""
    [command] = re.findall("^ExecStart=(.*)", (DEPLOY / "rtproject.service").read_text(), re.MULTILINE)
    program, *arguments = command.split()
    assert program.endswith("/daphne")
    started = [sys.executable, "-c", SUPERVISOR, sys.executable, "-m", "daphne", *arguments]
    systemd = Process("systemd", started, new_site().environment)
    port = int(systemd.expect_log("kept ").split()[1])
    first = int(systemd.expect_log("service ").split()[1])
    answers: Counter[int | None] = Counter()

    async def echo():
        async with connect(f"ws://127.0.0.1:{port}/echo", proxy=None, open_timeout=60) as client:
            with suppress(ConnectionClosed):
                await client.send("hello")
                assert await client.recv() == "Echo: hello"
        answers[client.close_code] += 1

    try:
        await echo()
        os.kill(first, signal.SIGTERM)
        while systemd.log.count("Listening on TCP") < 2:
            await echo()
        await echo()
    finally:
        for pid in re.findall(r"service (\d+)", systemd.log):
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGTERM)
        await asyncio.to_thread(systemd.terminate)
    assert set(answers) <= {1000, 4200}  # the old process, on its way out, sends away who comes
    assert answers[1000] >= 3


def ask(nginx, path, *, tls=True, body=None):
    """The status, headers and text of an answer of nginx."""
    port = nginx.https_port if tls else nginx.http_port
    with closing(http.client.HTTPConnection("127.0.0.1", port)) as client:
        raw = socket.create_connection(("127.0.0.1", port))
        client.sock = nginx.trust.wrap_socket(raw, server_hostname=NAME) if tls else raw
        client.request("POST" if body else "GET", path, body, {"Host": f"{NAME}:{port}"})
        answer = client.getresponse()
        return answer.status, answer.headers, answer.read().decode()


@pytest.mark.slow
@pytest.mark.skipif(NGINX is None, reason=NO_NGINX)
async def test_two_servers_behind_nginx(new_site, valkey, tmp_path):
    """TLS, HTTP/2, the client's address, an origin, a body, and a process that ends."""
    site = new_site(
        REDIS_URL=valkey.url,
        HTTPS="on",
        TRUSTED_PROXIES=1,
        ALLOWED_HOSTS=NAME,
        WEBSOCKETS_PER_ADDRESS=3,
    )
    servers = [ServerProcess(site), ServerProcess(site)]
    for server in servers:
        server.start()
    nginx = Nginx(tmp_path, [server.port for server in servers])

    def enter(**options):
        url = f"wss://{NAME}:{nginx.https_port}/ws/lobby"
        origin = Origin(nginx.origin)
        return connect(url, host="127.0.0.1", ssl=nginx.trust, proxy=None, origin=origin, **options)

    try:
        assert ask(nginx, "/", tls=False)[:1] == (308,)
        status, headers, page = await asyncio.to_thread(ask, nginx, "/rooms/lobby/")
        assert (status, "max-age" in headers["Strict-Transport-Security"]) == (200, True)
        assert "lobby" in page
        assert (await asyncio.to_thread(ask, nginx, "/login/", body=b"x" * 2**21))[0] == 413
        nginx.trust.set_alpn_protocols(["h2"])
        raw = socket.create_connection(("127.0.0.1", nginx.https_port))
        with nginx.trust.wrap_socket(raw, server_hostname=NAME) as wrapped:
            assert wrapped.selected_alpn_protocol() == "h2"
        nginx.trust.set_alpn_protocols(["http/1.1"])

        async with enter() as one, enter() as two:
            await one.send("hello")
            while json.loads(await two.recv()).get("text") != "hello":  # by either process
                pass
            entered = [server.log.count("WSCONNECT /ws/lobby") for server in servers]
            assert entered == [1, 1]
            ended = asyncio.create_task(asyncio.to_thread(servers[0].stop))
            closed = {asyncio.create_task(client.wait_closed()): client for client in (one, two)}
            [first], _ = await asyncio.wait(closed, return_when=asyncio.FIRST_COMPLETED)
            assert closed[first].close_code == 4200
            async with enter() as again:  # by the other process
                assert json.loads(await again.recv())["type"] == "welcome"
            await ended
        assert "127.0.0.1" in servers[1].log
    finally:
        nginx.terminate()
        for server in servers:
            server.stop()
    assert "/ws/" not in (tmp_path / "access.log").read_text() + nginx.log


def test_compose_and_the_image_name_what_exists():
    """Its settings are settings, and what the image copies is here."""
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    given = {name for service in compose["services"].values() for name in service.get("environment", ())}
    assert {name for name in given if not name.startswith("POSTGRES_")} <= DECLARED.keys()
    copied = re.findall(r"^COPY (?!--from)(\S+)", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    assert all((ROOT / name).exists() for name in copied)
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert set(copied) == let_in
    assert isinstance(compose["services"]["proxy"]["volumes"], list)
    assert Path(DEPLOY / "compose.nginx.conf").exists()
