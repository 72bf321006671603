"""A file is there whole or not at all: on errors, on a full disk, on Ctrl-C."""

import signal
import subprocess
import sys
import time

import pytest

from emogen.errors import MediaError, ResourceError
from emogen.media.atomic import atomic_path, write_bytes_atomic

WRITE_LARGE = """
import numpy as np, resource, sys
from emogen.errors import ResourceError
from emogen.media import Clip, write_video
frames = np.random.default_rng(0).integers(0, 255, ({frames}, 256, 256, 3)).astype(np.uint8)
{limit}
try:
    write_video(Clip(frames=frames, fps=25), sys.argv[1])
except ResourceError as error:
    print(error)
    sys.exit(error.exit_code)
"""
FULL = "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))"


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, failure):
    target = write_bytes_atomic(tmp_path / "a.bin", b"old")

    def interrupted():
        with atomic_path(target) as temporary:
            temporary.write_bytes(b"half")
            raise failure

    with pytest.raises(failure):
        interrupted()
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.gif", "a.webp"])
def test_a_full_disk_is_a_resource_error(tmp_path, name):
    script = WRITE_LARGE.format(frames=6, limit=FULL)
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / name)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert "no space left to write" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_while_encoding_leaves_nothing(tmp_path):
    script = WRITE_LARGE.format(frames=150, limit="")
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "a.mp4")], stderr=subprocess.PIPE
    )
    while not list(tmp_path.glob(".*.part")) and child.poll() is None:
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=20)
    assert b"KeyboardInterrupt" in errors
    assert list(tmp_path.iterdir()) == []


def test_places_that_cannot_be_written_are_named(tmp_path):
    with pytest.raises(MediaError, match="no folder"):
        write_bytes_atomic(tmp_path / "missing" / "a.bin", b"")
    with pytest.raises(MediaError, match="add a file name"):
        write_bytes_atomic(tmp_path, b"")


def test_operating_system_errors_become_resource_errors(tmp_path):
    with pytest.raises(ResourceError, match="cannot write"), atomic_path(tmp_path / "a.bin"):
        raise PermissionError(13, "Permission denied")
