"""Profiles, and the folder of shared measuring material."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest.register_assert_rewrite("headroom.testing")

_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.differing_executors]
settings.register_profile("quick", max_examples=30, deadline=None, suppress_health_check=_QUIET)
settings.register_profile("ci", max_examples=1_000, deadline=None, suppress_health_check=_QUIET)
settings.register_profile("deep", max_examples=10_000, deadline=None, suppress_health_check=_QUIET)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

# Every module of every framework is loaded before the first test. The collector need not look for garbage while that
# happens, nor among what it brought ever after, nor as often as usual: a tenth of the time.
gc.disable()


def pytest_collection_finish() -> None:
    """Let the collector begin where the tests do."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of recorded requests and corpora; skip where it is absent."""
    folder = Path(os.environ.get("HEADROOM_SHARED", Path(__file__).parents[2] / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no shared material at {folder}: set HEADROOM_SHARED to run this test")
    return folder
