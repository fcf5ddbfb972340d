"""What `headroom explain` says of a block whose rows were selected."""

from __future__ import annotations

import json

from headroom import Headroom, Settings, explain
from headroom.demo import QUERY, entries


def _plan(value: object, *, offered: bool = True) -> list[str]:
    headroom = Headroom(Settings(database_url="sqlite:///:memory:"))
    return list(explain.rows(explain.plan_of(json.dumps(value, indent=2), headroom=headroom, offered=offered)))


def test_says_of_each_column_its_role_and_of_each_row_why_it_stands() -> None:
    lines = _plan(entries(100))
    assert lines[0] == "block 0:"
    assert "  level (enum): INFO 99, FATAL 1" in lines
    assert '  region (constant): "us-east-1"' in lines
    assert any(line.startswith("  row 66: another shape") for line in lines)
    assert lines[-1] == "  row 99: the last row"


def test_says_nothing_where_no_row_is_left_out() -> None:
    assert _plan(entries(100), offered=False) == []
    assert _plan({"rows": entries(3)}) == []


def test_the_question_is_a_reason() -> None:
    request = {
        "model": "claude-opus-4-8",
        "max_tokens": 100,
        "tools": [{"name": "get_logs", "input_schema": {"type": "object"}}],
        "messages": [
            {"role": "user", "content": f"{QUERY} See req-000041."},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "get_logs", "input": {}}]},
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "t", "content": json.dumps(entries())}],
            },
        ],
    }
    lines = _plan(request)
    assert any(line.startswith("  row 41: query: req-000041") for line in lines)


def test_a_result_that_stays_for_the_cache_says_why() -> None:
    call = {"type": "tool_use", "id": "t", "name": "get_orders", "input": {}}
    rows = json.dumps([{"id": n, "state": "paid", "note": f"order {n} shipped"} for n in range(60)], indent=2)
    request = {
        "model": "claude-opus-4-8",
        "max_tokens": 100,
        "tools": [{"name": "get_orders", "input_schema": {"type": "object"}}],
        "messages": [
            {"role": "user", "content": "Which orders are paid?"},
            {"role": "assistant", "content": [call]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": rows}]},
        ],
    }
    headroom = Headroom(Settings(database_url="sqlite:///:memory:"))
    decision = explain.plan_of(json.dumps(request), headroom=headroom).decisions[-1]
    assert decision.reason == "cache_minimum"
    assert decision.detail.endswith(" tokens; this provider caches from 1,024")
    system = {"system": "You are told many rules. " * 500}
    assert explain.plan_of(json.dumps(request | system), headroom=headroom).decisions[-1].changed
