"""What `ChatOpenAI` takes: a name for the conversation, and breakpoints from GPT-5.6 on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from headroom.caching.rules import Rules
from headroom.integrations.chat_marks import Key, Marks, as_block, is_text, parts_of, said_by, with_block

_MARK = {"prompt_cache_breakpoint": {"mode": "explicit"}}


class OpenAIMarks(Marks):
    """A `prompt_cache_key` for each conversation; breakpoints in texts, where the rules say that there are such."""

    def __init__(self, rules: Rules, *, breakpoints: bool) -> None:
        super().__init__(rules)
        self._breakpoints = breakpoints and rules.matching == "breakpoints"

    def takes(self, messages: Sequence[BaseMessage]) -> list[list[bool]]:
        """Return for every message, for each block in it that the provider counts, whether that takes a mark."""
        return [self._takes(message) for message in messages]

    def marked(self, message: BaseMessage, block: int) -> BaseMessage:
        """Return a copy of a message with a breakpoint at the end of a text."""
        return with_block(message, block, {**as_block(parts_of(message.content)[block]), **_MARK})

    def ready(self, messages: Sequence[BaseMessage]) -> Sequence[BaseMessage]:
        """Return the messages with blocks for texts: what is a block in one turn is to be one in the next."""
        return list(map(_in_blocks, messages)) if self._breakpoints else messages

    def named(self, arguments: Mapping[str, Any], key: Key) -> Mapping[str, Any]:
        """Return the arguments of a call with the name of its conversation: requests of one name go to one machine."""
        return {**arguments, "prompt_cache_key": key()}

    def _takes(self, message: BaseMessage) -> list[bool]:
        if isinstance(message, AIMessage):
            return [False] * said_by(message)
        return [self._breakpoints and _is_plain(message) and is_text(part) for part in parts_of(message.content)]


def is_openai(model: object) -> bool:
    """Return whether a model's requests go to OpenAI itself: other servers of this API may refuse what they do not know."""
    clients = (getattr(model, "root_client", None), getattr(model, "root_async_client", None))
    urls = {str(client.base_url) for client in clients if client is not None}
    hosts = {urlsplit(url).hostname or "" for url in urls}
    return bool(hosts) and all(host == "api.openai.com" or host.endswith(".api.openai.com") for host in hosts)


def _in_blocks(message: BaseMessage) -> BaseMessage:
    if not _is_plain(message) or not isinstance(message.content, str) or not is_text(message.content):
        return message
    return message.model_copy(update={"content": [as_block(message.content)]})


def _is_plain(message: BaseMessage) -> bool:
    """Return whether a message is input of the ordinary kinds: the screen that a computer tool shows is a result too."""
    ordinary = isinstance(message, HumanMessage | SystemMessage | ToolMessage)
    return ordinary and "type" not in message.additional_kwargs
