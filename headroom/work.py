"""One block's work: from a task to an attempt, pure and picklable, so that it can run in any process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

from headroom import calls, compressors, marker, repeats, tokens
from headroom.compressors.base import Compressor
from headroom.compressors.clean import CleanCompressor, strip_presentation
from headroom.content import Block, LeftOut, Reason, Shrunk
from headroom.view import View, is_verbatim

MIN_SAVED_SHARE = 0.05
MIN_SAVED_TOKENS = 8
"""Law 1: a form is taken only if, marker included, it saves at least this share and this many tokens."""

TARGET_FLOOR_TOKENS = 400
"""A selection never aims below this: what is smaller loses more by retrieval than it saves."""

MAX_CHARACTERS = 48_000_000
"""Deterministic size class: larger texts are left alone, whatever the machine could do."""


@dataclass(frozen=True, slots=True)
class Old:
    """What is known of an old result that is to be re-packed."""

    turns: int
    """How many answers ago it came."""
    used: tuple[str, ...] = ()
    """Terms that it was the first to show and that later turns said again."""
    name: str = ""
    """What it is called in a bundle; empty where it carries a marker of its own."""


@dataclass(frozen=True)
class Task:
    """Everything that one block's form may depend on (law 2)."""

    block: Block
    query: str
    declared: bool
    """Whether the reader can redeem a marker, so that something may be left out."""
    exact: bool
    """Whether the bytes matter (file views, diffs): then every change is declared."""
    min_tokens: int
    target_ratio: float
    outline_code_over: int = 8_000
    """Tokens up to which a file view is never shown as an outline."""
    old: Old | None = None
    """Set when the block is to be re-packed."""

    @cached_property
    def key(self) -> tuple[str, ...]:
        """Name the task: equal keys, equal attempts."""
        block = self.block
        flags = f"{self.declared:d}{self.exact:d}{block.is_error:d}{self.min_tokens},{self.target_ratio},{self.outline_code_over},{block.kind}"
        return (
            marker.ref_of(block.text),
            flags,
            block.tool,
            block.arguments,
            self.query,
            *(("old", str(self.old.turns), self.old.name, *self.old.used) if self.old is not None else ()),
        )


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of a task: the text to forward, marker included, or the reason why the block stays."""

    reason: Reason
    tokens_before: int
    tokens_after: int
    text: str | None = None
    """None: the block stays as it is."""
    recipe: str = ""
    ref: str = ""
    left_out: LeftOut | None = None
    detail: str = ""
    owes: bool = False
    """Whether something is left out behind a ref that is still to come (see `headroom.bundle`)."""


def perform(task: Task, compressors_: tuple[Compressor, ...] | None = None) -> Attempt:
    """Find the block's smaller form. Pure; raises CompressionError when a compressor's accounts are wrong."""
    text = task.block.text
    if len(text) > MAX_CHARACTERS:
        return stays("too_large", 0, detail=f"more than {MAX_CHARACTERS:,} characters")
    before = tokens.count(text)
    if before < task.min_tokens:
        return stays("too_small", before)
    source = task.block if task.exact else replace(task.block, text=strip_presentation(text))
    takers, whole = _takers(task, source, before, compressors.built_in() if compressors_ is None else compressors_)
    target = max(TARGET_FLOOR_TOKENS, int(before * task.target_ratio)) if task.declared else None
    forms: list[Attempt] = []
    asked: list[Compressor] = []
    for compressor in takers:
        asked.append(compressor)
        block = task.block if compressor.verbatim else source
        shrunk = compressor.invoke(block, target_tokens=target, query=task.query)
        form = saving(task, shrunk, before, declares_itself=compressor.whole)
        forms += [form] if form is not None else []
        # One that wanted presentation bytes competes with what does without them; else the surest has the word,
        # also when it says that the text had better stay as it is.
        stay = shrunk is not None and shrunk.text == block.text
        if block.text is source.text and (stay or form is not None):
            break
    if whole:
        return min(forms, key=lambda form: form.tokens_after, default=stays("file_view", before, detail=whole))
    bare = Shrunk(text=source.text, recipe=CleanCompressor().recipe) if source.text is not text else None
    forms += [form] if (form := saving(task, bare, before)) is not None else []
    best = min(forms, key=lambda form: form.tokens_after, default=None)
    return best or stays(_why_not(task, asked, source), before)


def _takers(task: Task, source: Block, before: int, known: tuple[Compressor, ...]) -> tuple[Iterator[Compressor], str]:
    """Return who may shrink the text, the surest first and none asked in vain, and why all of it must be shown, empty if it need not."""
    others = compressors.takers(source, known)
    surest = next(others, None)
    takers = chain(() if surest is None else (surest,), others)
    # Code that any tool of an agent prints is a file view by another name.
    code = surest is not None and surest.id == "code" and task.block.kind == "tool_result"
    why = _whole(replace(task, exact=True) if code else task, before)
    outlined = surest is not None and surest.outlines and (task.exact or code)
    if (task.exact and not task.declared) or (why and outlined):
        return (taker for taker in takers if taker.whole), why or "a file is shown whole to who cannot retrieve"
    return (taker for taker in takers if not (why and taker.outlines)), ""


def as_repeat(text: str, attempt: Attempt, *, view: View, declared: bool, exact: bool) -> Attempt:
    """Return the attempt that refers to what stands in view already, if that is smaller than the one made.

    `exact` where the bytes matter, and not only what they decode to.
    """
    best = attempt
    for body, left_out in _references(text, attempt, view, exact):
        if left_out and not declared:
            continue
        ref = marker.ref_of(text) if left_out and not attempt.owes else ""
        reference = marker.attach(body, what=str(left_out), ref=ref) if ref else body
        after = tokens.count(reference)
        if saves(attempt.tokens_before, after) and after + MIN_SAVED_TOKENS <= best.tokens_after:
            best = Attempt(
                reason="repeat",
                tokens_before=attempt.tokens_before,
                tokens_after=after,
                text=reference,
                recipe=repeats.RECIPE,
                ref=ref,
                left_out=left_out,
                owes=attempt.owes and left_out is not None,
            )
    return best


def _references(text: str, attempt: Attempt, view: View, exact: bool) -> Iterator[tuple[str, LeftOut | None]]:
    """Yield forms that point at what is in view: their text, and what is not in view either."""
    if attempt.text is not None and (body := repeats.whole(attempt.text, view)) is not None:
        yield body, attempt.left_out
    if attempt.text is not None and is_verbatim(attempt.recipe):
        form = attempt.text.rsplit("\n", 1)[0] if attempt.ref else attempt.text
        if (body := repeats.repeated(form, view, form=True)) is not None:
            yield body, attempt.left_out
    if (body := repeats.repeated(text, view)) is not None:
        yield repeats.whole(body, view) or body, None
    if not exact and (body := repeats.amended(text, view)) is not None:
        yield body, None


def warm_up() -> None:
    """Load what the first task would wait for: vocabulary and compressors."""
    tokens.count("the vocabulary is loaded by the first count")
    compressors.built_in()


def stays(reason: Reason, tokens_before: int, *, detail: str = "") -> Attempt:
    """Return the attempt that leaves a block as it is."""
    return Attempt(reason=reason, tokens_before=tokens_before, tokens_after=tokens_before, detail=detail)


def saving(
    task: Task, shrunk: Shrunk | None, before: int, *, declares_itself: bool = False, in_place: bool = False
) -> Attempt | None:
    """Return the attempt that a form makes with its marker, if it saves enough (law 1).

    A file view whose change is declared by the form itself, so that every byte can be told from it, needs no ref.
    `in_place` says that the form's gaps tell already by what name a bundle holds the original.
    """
    if shrunk is None:
        return None
    text, ref, owes = shrunk.text, "", False
    if shrunk.left_out or (task.exact and not declares_itself):
        if not task.declared:
            return None
        what = str(shrunk.left_out) if shrunk.left_out else "nothing left out, notation changed"
        if task.old is not None and task.old.name:
            owes = True
            text = text if in_place else marker.note(text, what=f'{what}, path="{task.old.name}"')
        else:
            ref = marker.ref_of(task.block.text)
            text = marker.attach(text, what=what, ref=ref)
    after = tokens.count(text)
    if not saves(before, after):
        return None
    return Attempt(
        reason="shrunk",
        tokens_before=before,
        tokens_after=after,
        text=text,
        recipe=shrunk.recipe,
        ref=ref,
        left_out=shrunk.left_out,
        owes=owes,
    )


def saves(before: int, after: int) -> bool:
    """Tell whether so many tokens are enough fewer to take a form (law 1)."""
    return before - after >= max(MIN_SAVED_TOKENS, MIN_SAVED_SHARE * before)


def _whole(task: Task, tokens_before: int) -> str:
    """Return why code is shown whole: agents edit what they read; empty when its outline may stand for it."""
    if calls.reads_range(task.block.tool, task.block.arguments):
        return "code that was asked for by its lines is shown whole"
    over = task.outline_code_over
    return (
        ""
        if tokens_before > over or not task.exact
        else f"code is shown whole up to {over:,} tokens (outline_code_over)"
    )


def _why_not(task: Task, takers: list[Compressor], source: Block) -> Reason:
    if not takers:
        return "no_compressor"
    sure = takers[0].detect(source) >= 0.5
    return "no_capability" if sure and not task.declared else "no_saving"
