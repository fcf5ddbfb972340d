from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headroom.memo import Memo


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 30))))
def test_never_more_bytes_than_allowed_and_the_latest_is_there(puts: list[tuple[int, int]]) -> None:
    memo: Memo[int, int] = Memo(100)
    sizes: dict[int, int] = {}
    for key, size in puts:
        memo.put(key, size, size=size)
        if size <= 25:
            sizes[key] = size
            assert memo.get(key) == size
    assert sum(memo.get(key) or 0 for key in sizes) <= 100


def test_the_least_recently_used_goes_first() -> None:
    memo: Memo[str, int] = Memo(80)
    for key in "abcd":
        memo.put(key, 1, size=20)
    assert memo.get("a") == 1
    memo.put("e", 1, size=20)
    assert (memo.get("a"), memo.get("b")) == (1, None)


def test_h15_a_memory_is_bounded() -> None:
    memo: Memo[int, int] = Memo(1_000)
    for key in range(20_000):
        memo.put(key, key, size=10)
    assert len(memo) == 100


def test_many_are_got_like_one_by_one_and_stay() -> None:
    memo: Memo[str, int] = Memo(8)
    for name in "abcd":
        memo.put(name, ord(name), size=2)
    assert memo.get_each(["a", "x", "c"]) == [97, None, 99]
    memo.put("e", 101, size=2)
    assert memo.get_each("abcde") == [97, None, 99, 100, 101]
