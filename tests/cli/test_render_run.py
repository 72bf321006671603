"""`emogen render run`: manifests through real workers with a tiny model."""

import json

import pytest

from emogen.media import probe


@pytest.fixture
def manifest(tmp_path, tiny_model):
    path = tmp_path / "night.jsonl"
    lines = [
        {"defaults": {"model": str(tiny_model), "size": "32x32", "frames": 5, "steps": 2}},
        {"prompt": "a red robot in a forest", "emotion": "fear:0.7", "seed": 1},
        {"prompt": "a blue cat", "seed": 2, "output": "cat.gif"},
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def test_a_manifest_twice_and_a_clip_made_again(emogen, manifest, tmp_path):
    result = emogen("render", "run", manifest, "--json", "--workers", 1)
    assert result.code == 0, result.err
    answer = json.loads(result.out)
    assert (answer["done"], answer["reason"], answer["failures"]) == (2, "done", [])
    folder = tmp_path / "outputs" / "night"
    assert probe(folder / "cat.gif").video.num_frames == 5
    sidecars = sorted(folder.glob("*.json"))
    assert len(sidecars) == 2
    assert "2/2" in result.err

    again = emogen("render", "run", manifest, "--json")
    assert json.loads(again.out)["done"] == 0

    clip = next(folder.glob("*.mp4"))
    model = json.loads(manifest.read_text().splitlines()[0])["defaults"]["model"]
    replayed = emogen("replay", clip, "-o", tmp_path / "again.mp4", "--model", model)
    assert replayed.code == 0, replayed.err


def test_events_and_an_answer_at_the_end(emogen, manifest, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    with manifest.open("a") as file:
        file.write('\n{"image": "bad.png", "prompt": "a cat"}')
    result = emogen(
        "render", "run", manifest, "-o", tmp_path / "out", "--events", "--json", "--workers", 1
    )
    assert result.code == 1, result.err
    *events, answer = map(json.loads, result.out.splitlines())
    kinds = [event["event"] for event in events]
    assert kinds[0] == "run_started"
    assert kinds[-1] == "run_finished"
    assert (kinds.count("job_done"), kinds.count("job_failed")) == (2, 1)
    assert answer["failures"][0]["state"] == "failed"
    assert "bad.png" in answer["failures"][0]["problem"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "expected a manifest, or the folder of an earlier run"),
        (["night.jsonl", "--shard", "5/4"], "expected --shard I/N with I of 1 to N"),
        (["night.jsonl", "--batch", "some"], "expected --batch auto or a number"),
        (["night.jsonl", "--device", "cuda"], "expected a GPU for --device cuda"),
        (["night.jsonl", "--workers", "0"], "expected --workers of 1 to 256, got 0"),
        (["nothing.jsonl"], "nothing.jsonl"),
    ],
)
def test_what_is_refused(emogen, manifest, arguments, said):
    del manifest
    result = emogen("render", "run", *arguments)
    assert result.code == 2
    assert said in result.err


def test_a_folder_without_a_store(emogen, tmp_path):
    (tmp_path / "empty").mkdir()
    result = emogen("render", "run", tmp_path / "empty")
    assert result.code == 2
    assert "store" in result.err


def test_a_file_of_mine_is_kept(emogen, manifest, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "cat.gif").write_bytes(b"mine")
    result = emogen("render", "run", manifest, "-o", folder, "--workers", 1)
    assert result.code == 1
    assert "this run did not make it" in result.err
    assert (folder / "cat.gif").read_bytes() == b"mine"
