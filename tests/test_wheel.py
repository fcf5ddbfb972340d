"""The built wheel, installed as a user installs it, on a machine without network or compiler (I1)."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

NO_NETWORK = """
import ctypes, fcntl, os, socket, struct

def leave_the_network():
    'Move into a network namespace of our own, in which 127.0.0.1 is all there is; else refuse connections to elsewhere.'
    try:
        if ctypes.CDLL(None, use_errno=True).unshare(0x40000000):  # CLONE_NEWNET
            raise OSError(ctypes.get_errno(), 'unshare')
        with socket.socket() as any_socket:
            fcntl.ioctl(any_socket, 0x8914, struct.pack('16sh14x', b'lo', 0x1))  # SIOCSIFFLAGS, IFF_UP
    except (AttributeError, OSError):
        connect = socket.socket.connect
        def local_only(self, address):
            assert self.family == socket.AF_UNIX or address[0] == '127.0.0.1', address
            return connect(self, address)
        socket.socket.connect = local_only

leave_the_network()
"""

LIBRARY = """
import json
from headroom import Headroom, Settings
from headroom.tokens import count

original = json.dumps([{'id': i, 'state': 'ready', 'path': f'/srv/items/{i * 7919 % 1000}'} for i in range(500)])
headroom = Headroom(Settings(database_url='sqlite:///:memory:'))
small = headroom.compress(original)
assert headroom.retrieve(small) == original
assert count(small) == small.tokens_after < small.tokens_before == count(original), small.reason
print(small.recipe)
"""

PROXY = """
import http.client, http.server, os, signal, subprocess, sys, threading
from urllib.parse import urlsplit

class Provider(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers['content-length']))
        self.send_response(200)
        self.send_header('content-type', 'application/json')
        self.send_header('content-length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

provider = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Provider)
threading.Thread(target=provider.serve_forever, daemon=True).start()
command = [os.path.join(sys.prefix, 'bin', 'headroom'), 'proxy', '--port', '0', '--upstream']
proxy = subprocess.Popen([*command, f'http://127.0.0.1:{provider.server_port}'], stdout=subprocess.PIPE, text=True)
try:
    address = urlsplit(proxy.stdout.readline().split()[-1])
    sent = b'{ "model":"claude-opus-4-8", "max_tokens":1.0e2, "messages":[{"role":"user","content":"h\\\\u00e9"}] }'
    client = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    client.request('POST', '/v1/messages', sent, {'content-type': 'application/json'})
    answer = client.getresponse()
    assert (answer.status, answer.read()) == (200, sent)
finally:
    proxy.send_signal(signal.SIGTERM)
    print(proxy.wait(60))
"""


def _run(*command: str | Path, env: dict[str, str] | None = None) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, cwd=Path(sys.prefix).anchor, env=env, timeout=900)
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    return ran.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of an environment with the wheel and what it requires, and nothing else."""
    folder = tmp_path_factory.mktemp("venv")
    _run(sys.executable, "-m", "venv", folder)
    python = folder / "bin" / "python"
    _install(python, f"headroom-ai @ {wheel.as_uri()}")
    return python


def _install(python: Path, requirement: str) -> None:
    """Install what pip's own resolution takes, and compile nothing."""
    _run(python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", requirement)


def _environment(home: Path) -> dict[str, str]:
    return {"PATH": os.defpath, "HOME": str(home), "TIKTOKEN_CACHE_DIR": str(home)}


def test_the_wheel_holds_the_package_its_data_and_nothing_else(wheel: Path) -> None:
    assert wheel.stat().st_size <= 5_000_000
    assert wheel.name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = [name for name in names if name.endswith("/METADATA")]
        required = Parser().parsestr(archive.read(metadata).decode()).get_all("Requires-Dist", [])
    assert {name.split("/")[0].split("-")[0] for name in names} == {"headroom", "headroom_ai"}
    assert {"headroom/py.typed", "headroom/data/o200k_base.xz", "headroom/data/cl100k_base.xz"} <= set(names)
    assert {"LICENSE", "NOTICE"} == {name.rpartition("/")[2] for name in names if "/licenses/" in name}
    sources = {str(path.relative_to(ROOT)) for path in (ROOT / "headroom").rglob("*.py")}
    assert sources == {name for name in names if name.endswith(".py")}
    core = [line for line in required if "extra ==" not in line]
    assert not [line for line in core if line.startswith(("torch", "transformers", "llmlingua", "aiohttp"))]


def test_i1_the_library_works_offline_from_the_wheel_alone(python: Path, tmp_path: Path) -> None:
    recipe = _run(python, "-I", "-c", NO_NETWORK + LIBRARY, env=_environment(tmp_path)).strip()
    assert recipe.startswith("json/")
    assert _run(python.parent / "headroom", "--version", env=_environment(tmp_path)).startswith("headroom")


def test_i1_a_request_goes_through_the_proxy_offline_byte_for_byte(wheel: Path, python: Path, tmp_path: Path) -> None:
    _install(python, f"headroom-ai[proxy] @ {wheel.as_uri()}")
    output = _run(python, "-I", "-c", NO_NETWORK + PROXY, env=_environment(tmp_path))
    assert output.split("\n")[-2] == "0", output
