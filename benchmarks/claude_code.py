"""What the provider sees of a real Claude Code session, directly and through headroom.

    python benchmarks/claude_code.py

Runs the installed Claude Code (`make test` puts it into .cache/npm; or set HEADROOM_CLAUDE) twice against a fake provider
on this machine: it prints 200 rows of JSON, a log of 240 lines, reads a short file, and answers. Counted are the tokens
(o200k_base) of everything after the first message of the last request.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))


async def main() -> None:
    """Print one line per run."""
    from headroom.testing.upstream import FakeAnthropic
    from tests.e2e.claude import claude, proxied
    from tests.e2e.test_claude_code import FACTS, furnish, history_tokens, results, work

    with tempfile.TemporaryDirectory() as folder:
        home = furnish(Path(folder) / "home")
        async with FakeAnthropic(work, side=True) as direct:
            await claude(home, direct.url, "Why did the payment fail?")
        async with (
            FakeAnthropic(work, side=True) as upstream,
            proxied(upstream.url, Path(folder) / "s" / "o.db") as url,
        ):
            await claude(home, url, "Why did the payment fail?")
    before, after = history_tokens(direct.messages[-1]), history_tokens(upstream.messages[-1])
    shown = "\n".join(results(upstream.messages[-1].body))
    print(f"direct:           {before:,} tokens of history in {len(direct.messages)} requests")
    print(
        f"through headroom: {after:,} tokens of history in {len(upstream.messages)} requests ({100 * after / before:.1f} %)"
    )
    print(f"facts inline:     {sum(fact in shown for fact in FACTS)} of {len(FACTS)}")


if __name__ == "__main__":
    asyncio.run(main())
