"""The view at the message that is being decided, put together when somebody asks for it.

Work stays proportional to what is new: the view that an earlier request ended with is taken up again, by
lineage, and only what came since is added. Without one it is made anew, the same.
"""

from __future__ import annotations

from headroom.content import Block
from headroom.memo import Memo
from headroom.view import View
from headroom.work import Attempt

Views = Memo[tuple[object, ...], View]


class Sight:
    """What was forwarded so far, in order. For one fold, in one thread."""

    def __init__(self, views: Views) -> None:
        self._views = views
        self._forwarded: list[tuple[Block, Attempt]] = []
        self._passed: list[tuple[tuple[object, ...], int]] = []
        self._view: View | None = None
        self._added = 0

    def saw(self, block: Block, attempt: Attempt) -> None:
        """Note what became of the next block."""
        self._forwarded.append((block, attempt))

    def passed(self, key: tuple[object, ...]) -> None:
        """Note the end of a message; `key` names the conversation up to here and all that was decided in it."""
        self._passed.append((key, len(self._forwarded)))

    def view(self) -> View:
        """Return what stands in view now."""
        if self._view is None:
            self._view, self._added = self._known() or (View(), 0)
        for block, attempt in self._forwarded[self._added :]:
            text = block.text if attempt.text is None else attempt.text
            self._view.add(block, text, recipe=attempt.recipe, partial=attempt.left_out is not None)
        self._added = len(self._forwarded)
        return self._view

    def keep(self) -> None:
        """Remember the view, if one was made, for the request that goes on from here."""
        if self._view is not None and self._passed:
            view = self.view()
            self._views.put(self._passed[-1][0], view, size=view.size)

    def _known(self) -> tuple[View, int] | None:
        for key, count in reversed(self._passed):
            if (view := self._views.take(key)) is not None:
                return view, count
        return None
