"""Where corpora and weights lie for tests: named folders in, skips where they are absent out."""

import os
import signal
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CORPORA = ROOT.parent / "shared" / "data"

if CORPORA.is_dir():  # before test modules are read: some look it up on import
    os.environ.setdefault("EMOGEN_DATA", str(CORPORA))

# a shell starts background jobs with Ctrl-C ignored, and their children inherit that
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """Skip what needs the embedded model or a corpus where there is none."""
    absent = {
        "model": not (ROOT / "assets" / "models" / "nano" / "model_index.json").is_file(),
        "corpus": not os.environ.get("EMOGEN_DATA"),
    }
    judge = ROOT / "assets" / "models" / "judge"
    for item in items:
        for name, missing in absent.items():
            if missing and item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=f"there is no {name}"))
        for part in (p for marker in item.iter_markers("judge") for p in marker.args):
            if not (judge / part / "config.json").is_file():
                reason = f"the judge's {part} is not trained yet"
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture
def root():
    """The repository."""
    return ROOT
