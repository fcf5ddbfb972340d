"""Headroom as a Runnable, with its retrieval tool, offline: python main.py"""

from __future__ import annotations

import json

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode

from headroom import Headroom, Settings, marker, tokens

ROWS = json.dumps(
    [{"id": n, "customer": f"c-{n * 7919 % 997}", "status": "failed" if n == 131 else "paid"} for n in range(400)]
)

headroom = Headroom(Settings(database_url="sqlite:///:memory:", retrieval="tool"))
call = {"name": "orders", "args": {}, "id": "call_1", "type": "tool_call"}
messages = [
    HumanMessage("Which order failed?"),
    AIMessage("", tool_calls=[call]),
    ToolMessage(ROWS, tool_call_id="call_1"),
]

small = headroom.invoke(messages)
print(f"tokens of the tool result: {tokens.count(ROWS):,} -> {tokens.count(small[-1].content):,}")

ref = marker.genuine(small[-1].content)
fetch = {"name": "headroom_retrieve", "args": {"ref": ref, "path": "$[131]"}, "id": "call_2", "type": "tool_call"}
model = headroom | GenericFakeChatModel(
    messages=iter([AIMessage("", tool_calls=[fetch]), AIMessage("Order 131 failed.")])
)

graph = StateGraph(MessagesState)
graph.add_node("model", lambda state: {"messages": [model.invoke(state["messages"])]})
graph.add_node("tools", ToolNode([headroom.tool]))
graph.add_edge(START, "model")
graph.add_conditional_edges("model", lambda state: "tools" if state["messages"][-1].tool_calls else END)
graph.add_edge("tools", "model")

for message in graph.compile().invoke({"messages": messages})["messages"][3:]:
    print(f"{message.type}: {message.content or message.tool_calls[0]['args']}")
