"""Cached sessions: what is written is read, cuts are clips, damage is named."""

import pytest
import torch

from emogen.data.talking_head.sessions import (
    read_people,
    read_sessions,
    write_sessions,
)
from emogen.errors import CorpusError

WORDS = [{"caption": "a fox", "person": "fox:rose"}, {"caption": "a man", "person": "stranger 3"}]


def session_tensors(seed, *, groups=5, starts=3):
    g = torch.Generator().manual_seed(seed)
    shapes = {
        "groups": (2, 4, groups, 2, 2), "singles": (2, 4, starts, 2, 2),
        "references": (2, 4, 2, 2, 2),
    }  # fmt: skip
    shapes |= {f"sketch_{name}": shapes[name] for name in ("groups", "singles")}
    tensors = {name: torch.randn(shape, generator=g).bfloat16() for name, shape in shapes.items()}
    frames = 4 * groups + 1
    return tensors | {
        "motion": torch.rand(2, frames, 37, generator=g),
        "emotion": torch.rand(2, frames, 12, generator=g),
        "sound": torch.rand(2, 200, 67, generator=g).half(),
        "boxes": torch.zeros(2, frames, 2, 4, dtype=torch.int16),
    }


@pytest.fixture
def folder(tmp_path):
    for shard in range(2):
        write_sessions(tmp_path, shard, session_tensors(shard), WORDS)
    return tmp_path


def test_sessions_come_back_in_order(folder):
    table = read_sessions(folder)
    assert len(table) == 4
    assert table.captions == ["a fox", "a man"] * 2
    assert torch.equal(table.groups[2:], session_tensors(1)["groups"])
    assert read_people(folder) == table.people


def test_a_clip_is_a_single_and_the_groups_after_it(folder):
    table, tensors = read_sessions(folder), session_tensors(0)
    assert (table.starts, table.clip_frames) == (3, 4)
    clip, sketch = table.clip(1, 2, 4)
    assert torch.equal(clip[:, 0], tensors["singles"][1, :, 2].float())
    assert torch.equal(clip[:, 1:], tensors["groups"][1, :, 2:5].float())
    assert torch.equal(sketch[:, 0], tensors["sketch_singles"][1, :, 2].float())
    assert table.frames(2, 4) == slice(8, 21)


def test_no_sessions_and_damaged_ones_are_named(folder, tmp_path_factory):
    with pytest.raises(CorpusError, match="found none"):
        read_sessions(tmp_path_factory.mktemp("empty"))
    (folder / "00001.safetensors").write_bytes(b"no tensors")
    with pytest.raises(CorpusError, match=r"cannot read the talking heads .*00001"):
        read_sessions(folder)
