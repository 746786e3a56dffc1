"""The example of docs/kernel.md, as it is printed, in a project that has the one folder of ours."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time

import pytest
from websockets.asyncio.client import connect

from rtproject.tests.support.isolation import ROOT, without_settings
from rtproject.tests.support.ports import free_port
from rtproject.tests.support.process import Process

PIECE = re.compile(r"^```python\n(# (\S+\.py)([^\n]*)\n.*?)^```$", re.MULTILINE | re.DOTALL)


def is_open(port):
    """Whether a server listens."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(port))) == 0


@pytest.fixture
def chat(tmp_path):
    """The address of the chat, which `runserver` serves."""
    subprocess.run([sys.executable, "-m", "django", "startproject", "mysite", tmp_path], check=True)
    shutil.copytree(ROOT / "rtproject/websocket", tmp_path / "rtproject/websocket")
    (tmp_path / "chat").mkdir()
    for text, name, where in PIECE.findall((ROOT / "docs/kernel.md").read_text()):
        with (tmp_path / name).open("a" if where else "w") as file:
            file.write(text)
    environment = without_settings(os.environ)
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    port = str(free_port())
    command = [sys.executable, "-u", str(tmp_path / "manage.py"), "runserver", "--noreload", port]
    server = Process("runserver", command, environment)
    server.expect_log("Quit the server")  # nothing tells when it listens a moment later
    while not is_open(port):
        assert server.running
        time.sleep(0.05)
    yield f"ws://127.0.0.1:{port}/ws/chat"
    server.terminate()


async def test_the_folder_alone_serves_the_chat_of_the_example(chat):
    """Members hear each other, bytes are answered, and a refusal has its code."""
    async with connect(f"{chat}/lobby/") as one, connect(f"{chat}/lobby/") as two:
        await one.send("hello")
        assert [await one.recv(), await two.recv()] == ["hello", "hello"]
        await one.send(b"hello")
        assert await one.recv() == "Send text, not bytes."
    for path, code in [("closed/", 4003), ("", 4004)]:
        async with connect(f"{chat}/{path}") as refused:
            await refused.wait_closed()
            assert refused.close_code == code
