"""The peer beside us: headroom-ai of PyPI, run by the interpreter of its own venv, since both are called `headroom`.

$HEADROOM_PEER_PYTHON names that interpreter. The texts go there as lines of JSON, and so do they come back.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass

VARIABLE = "HEADROOM_PEER_PYTHON"
ABSENT = f"The peer is not here: set {VARIABLE} to the interpreter of a venv in which headroom-ai is installed."

_SCRIPT = """
import json, sys
from headroom import compress
out, sys.stdout = sys.stdout, sys.stderr
for line in sys.stdin:
    messages = compress(json.loads(line), model="gpt-4o").messages
    print(json.dumps(messages[-1]["content"]), file=out, flush=True)
"""


@dataclass(frozen=True)
class Peer:
    """A running interpreter that compresses one document after the other."""

    process: subprocess.Popen[str]

    def text(self, document: str, *, question: str, tool: str, arguments: str) -> str:
        """Return what the peer makes of a tool's result. EOFError if it ended."""
        call = {"id": "call_0", "type": "function", "function": {"name": tool, "arguments": arguments}}
        messages = [
            {"role": "user", "content": question},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_0", "content": document},
        ]
        into, out = self.process.stdin, self.process.stdout
        if into is None or out is None:
            raise EOFError("the peer has no pipes")
        into.write(json.dumps(messages) + "\n")
        into.flush()
        line = out.readline()
        if not line:
            raise EOFError(f"the peer ended with exit code {self.process.wait()}")
        answer = json.loads(line)
        return answer if isinstance(answer, str) else json.dumps(answer)


def peer() -> Peer | None:
    """Return the peer, or None where there is none."""
    interpreter = os.environ.get(VARIABLE)
    if not interpreter:
        return None
    quiet = {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HEADROOM_TELEMETRY": "off"}
    return Peer(
        subprocess.Popen(
            [interpreter, "-I", "-c", _SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=quiet
        )
    )
