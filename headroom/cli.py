"""The `headroom` command."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TypeVar

import click

from headroom.errors import ConfigError, HeadroomError

if TYPE_CHECKING:
    from pydantic_settings import BaseSettings

    from headroom.context import Headroom

S = TypeVar("S", bound="BaseSettings")

_PIPED_COLUMNS = 160

CLIENTS = {
    "claude": "ANTHROPIC_BASE_URL={url}",
    "anthropic": "ANTHROPIC_BASE_URL={url}",
    "openai": "OPENAI_BASE_URL={url}/v1",
}
"""What to set so that a client talks to the proxy."""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="headroom-ai", prog_name="headroom")
def cli() -> None:
    """Make the context of LLM applications small without losing information."""


@cli.command()
@click.option("--host", default=None, help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", default=None, type=int, help="Port to listen on.  [default: 8787]")
@click.option("--backend", type=click.Choice(["anthropic", "openai"]), default=None, help="Where unknown paths go.")
@click.option("--upstream", default=None, help="URL of the backend, instead of the provider's own.")
@click.option(
    "--mode", type=click.Choice(["optimize", "observe"]), default=None, help="observe: measure, change nothing."
)
@click.option("--retrieval", type=click.Choice(["tool", "off"]), default=None, help="off: lossless forms only.")
@click.option("--token", default=None, help="Clients must send it as x-headroom-token; needed off loopback.")
@click.option("--workers", default=None, type=int, help="Processes for big blocks.")
@click.option(
    "--print-env", type=click.Choice(sorted(CLIENTS)), default=None, help="Print what a client needs, and exit."
)
def proxy(print_env: str | None, upstream: str | None, **options: object) -> None:
    """Start the proxy: agents behind it send fewer tokens, and nothing else changes."""
    with _extra("proxy"):
        from headroom.proxy import serve as serve_module
        from headroom.proxy import settings as settings_module
    given = {name: value for name, value in options.items() if value is not None}
    if upstream is not None:
        given[f"{given.get('backend') or 'anthropic'}_url"] = upstream
    settings = _made(settings_module.ProxySettings, **given)
    if print_env is not None:
        click.echo(f"export {CLIENTS[print_env].format(url=f'http://{settings.host}:{settings.port}')}")
        return
    from headroom.settings import Settings

    serve_module.serve(settings, _made(Settings), on_ready=_announce)


def _announce(url: str) -> None:
    """Say where the proxy listens and how to point a client at it."""
    click.secho(f"headroom listens on {url}", bold=True)
    click.echo("Point Claude Code at it, in another terminal:\n")
    click.secho(f"    ANTHROPIC_BASE_URL={url} claude\n", fg="green")
    click.echo("Nothing else changes. Ctrl-C stops it.")


@cli.command()
@click.argument("files", type=click.File("rb"), nargs=-1)
@click.option(
    "--retrieval",
    type=click.Choice(["tool", "off"]),
    default="tool",
    show_default=True,
    help="Whether the model could fetch originals.",
)
@click.option("--text", "show_text", is_flag=True, help="Show the new text of every block that changes.")
@click.option("--rows", "show_rows", is_flag=True, help="Show columns, and why each row of a table was kept.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def explain(files: tuple[BinaryIO, ...], retrieval: str, show_text: bool, show_rows: bool, as_json: bool) -> None:
    """Show what would be done to a FILE, block by block, and why.

    FILE is a recorded request body, a list of messages, or any text; without one, standard input is read. Of several
    requests, in the order in which they were made, it says where each broke the prefix of the one before, and who did.
    """
    from rich.console import Console

    from headroom import explain as explaining

    text, *more = [_text(file) for file in files or (sys.stdin.buffer,)]
    headroom = _headroom(database_url="sqlite:///:memory:", retrieval=retrieval)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPED_COLUMNS)
    if more:
        from headroom import explain_breaks

        found = explain_breaks.compare([text, *more], headroom=headroom, offered=retrieval == "tool")
        click.echo(explain_breaks.as_json(found)) if as_json else console.print(explain_breaks.table(found))
        return
    plan = explaining.plan_of(text, headroom=headroom, offered=retrieval == "tool")
    if as_json:
        click.echo(explaining.as_json(plan))
        return
    console.print(explaining.table(plan))
    for line in explaining.rows(plan) if show_rows else ():
        console.print(line, markup=False)
    for number, decision in enumerate(plan.decisions) if show_text else ():
        if decision.changed:
            console.rule(f"block {number}: {decision.recipe}")
            console.print(decision.text, markup=False)


@cli.command()
@click.argument("ref")
@click.option("--lines", help='"10-40", "-20" for the last 20, or "all".')
@click.option("--query", help="Words to look for.")
@click.option("--path", help="JSON path, e.g. $.items[3].")
@click.option("--project", help="Project of the proxy (/p/PROJECT/…) that stored it.")
def retrieve(ref: str, lines: str | None, query: str | None, path: str | None, project: str | None) -> None:
    """Print the original behind REF, byte for byte, or a slice of it."""
    from headroom.scope import scope_of

    headroom = _headroom()
    scope = scope_of(headroom.settings.tenant, *([project] if project else []))
    original = headroom.retrieve(ref, lines=lines, query=query, path=path, scope=scope)
    sys.stdout.buffer.write(original.encode("utf-8", "surrogateescape"))
    if sys.stdout.isatty():
        click.echo()


@cli.command()
@click.argument("transcripts", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--provider",
    type=click.Choice(["anthropic", "openai"]),
    default="anthropic",
    show_default=True,
    help="Whose rules bill.",
)
@click.option("--model", default="", help="Whose prices and limits count, instead of the transcript's own model.")
@click.option(
    "--retrieval",
    type=click.Choice(["tool", "off"]),
    default="tool",
    show_default=True,
    help="off: lossless forms and repeats only.",
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw the cumulative bill (.png, .svg).")
def replay(
    transcripts: tuple[Path, ...],
    provider: Literal["anthropic", "openai"],
    model: str,
    retrieval: str,
    as_json: bool,
    plot: Path | None,
) -> None:
    """Say what headroom would have saved in recorded conversations; no model is asked, nothing is kept.

    TRANSCRIPTS are sessions of Claude Code or Codex, OpenAI-style chats or messages dumped by LangChain.
    """
    from rich.console import Console
    from rich.progress import Progress

    from headroom import replay as replaying
    from headroom import replay_read, replay_show
    from headroom.settings import Settings

    read = [each for path in transcripts for each in replay_read.read(path)]
    steps = len(replaying.clocks(read)) * sum(len(each.asked) for each in read)
    settings = _made(Settings, retrieval=retrieval)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("replaying", total=steps)
        report = replaying.replay(
            read, provider=provider, model=model, settings=settings, advance=lambda: progress.advance(task)
        )
    if plot:
        replay_show.plot(report, plot)
    if as_json:
        click.echo(replay_show.as_json(report))
        return
    Console(highlight=False, width=None if sys.stdout.isatty() else _PIPED_COLUMNS).print(replay_show.table(report))


@cli.command()
@click.option("--project", help="Project of the proxy (/p/PROJECT/…) whose refs can be redeemed as well.")
def mcp(project: str | None) -> None:
    """Serve MCP over stdio: tools that make texts small, and redeem refs, for clients that cannot use the proxy."""
    import asyncio

    with _extra("mcp"):
        from headroom.integrations.mcp import serve
    asyncio.run(serve(_headroom(), project=project))


@cli.command()
def doctor() -> None:
    """Say what works here, what does not, and what to do about it."""
    from headroom.doctor import examine
    from headroom.settings import Settings

    found = list(examine(_made(Settings)))
    for finding in found:
        sign, colour = ("+", "green") if finding.fine else ("-", "yellow") if finding.optional else ("!", "red")
        click.secho(f"{sign} {finding.what}: {finding.said}", fg=colour)
    if not all(finding.fine or finding.optional for finding in found):
        sys.exit(1)


@cli.command()
def demo() -> None:
    """Make 100 log entries small, find the answers in them, and fetch the original; offline, nothing is kept."""
    from rich.console import Console

    from headroom.demo import report

    console = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPED_COLUMNS)
    for part in report(_headroom(database_url="sqlite:///:memory:")):
        console.print(part, soft_wrap=True)


def main() -> None:
    """Run the command; errors of ours are one line, not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except HeadroomError as error:
        click.secho(f"headroom: {error}", fg="red", err=True)
        sys.exit(1)


def _text(file: BinaryIO) -> str:
    return file.read().decode("utf-8", "surrogateescape")


def _made(settings: type[S], **given: Any) -> S:
    """Return settings made from options and the environment. Raises ConfigError that names what is wrong."""
    from pydantic import ValidationError

    try:
        return settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"]) or settings.__name__
        prefix = settings.model_config.get("env_prefix") or ""
        raise ConfigError(f"{name} ({prefix}{name.upper()}): {first['msg']}", value=first.get("input")) from error


def _headroom(**given: Any) -> Headroom:
    from headroom.context import Headroom
    from headroom.settings import Settings

    return Headroom(_made(Settings, **given))


@contextmanager
def _extra(name: str) -> Iterator[None]:
    """Say what to install where the imports within fail, whose dependencies are an extra."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("headroom"):
            raise
        message = f"`headroom {name}` needs {error.name}, which is not installed: pip install 'headroom-ai[{name}]'"
        raise click.ClickException(message) from error
