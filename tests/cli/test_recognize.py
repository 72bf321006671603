"""`emogen recognize`: answers for people and programs, exit codes, bad input."""

import json

import numpy as np
import pytest
from PIL import Image

from emogen.evaluation.recogniser import judges
from emogen.evaluation.recogniser.fusion import Fusion
from emogen.media import Audio, Clip, save_image, write_video
from tests.evaluation.backends import tiny_models
from tests.evaluation.recogniser.tiny_encoders import RATE, coloured, tone

TINY = "tests.evaluation.recogniser.tiny_encoders"


@pytest.fixture
def tiny_judge(tmp_path, monkeypatch):
    """The command line with small real encoders and the untrained fusion, saved to disk."""
    Fusion.rule().save(tmp_path / "assets" / "models" / "judge" / "fusion")
    monkeypatch.setenv("EMOGEN_ASSETS", str(tmp_path / "assets"))
    places = {
        "words": (TINY, "TinyWords", "words"), "voice": (TINY, "TinyVoice", "voice"),
        "vision": (TINY, "TinyVision", "vision"),
    }  # fmt: skip
    monkeypatch.setitem(judges.JUDGES, "main", places)
    monkeypatch.setitem(judges.JUDGES, "second", places)


@pytest.fixture
def movie(tmp_path):
    """Four seconds: three blue, one yellow, a low voice throughout."""
    sound = Audio(samples=tone("sadness", 4)[None], sample_rate=RATE)
    clip = Clip(frames=coloured(*["sadness"] * 3, "amusement", seconds=1), fps=8)
    write_video(clip.with_audio(sound), tmp_path / "movie.mp4")
    return "movie.mp4"


pytestmark = pytest.mark.usefixtures("tiny_judge")


def test_a_video_for_people(emogen, movie) -> None:
    result = emogen("recognize", movie)
    assert result.code == 0, result.err
    lines = result.out.splitlines()
    assert lines[0].startswith("movie.mp4: sadness (confidence ")
    assert lines[1].startswith("  sadness     ")
    assert "█" in lines[1]
    for start in ("expressed", "voice", "vision", "conflict", "onset", "drift", "weights"):
        assert any(line.strip().startswith(start) for line in lines), start
    assert result.err.splitlines() == [
        "emogen: reading movie.mp4",
        "emogen: weights used: non-commercial (CC BY-NC-SA 4.0: RAVDESS, nEMO)",
    ]
    assert max(map(len, lines)) <= 100


def test_a_text_for_people(emogen) -> None:
    result = emogen("recognize", "--text", "I cried. So funny!")
    assert result.code == 0
    assert result.err == ""
    assert "text: " in result.out
    assert "peak sentence" in result.out


def test_json_is_one_object(emogen, movie) -> None:
    result = emogen("recognize", movie, movie, "--modalities", "vision", "--json")
    assert result.code == 0
    assert result.out.count("\n") == 1
    first, second = json.loads(result.out)["results"]
    assert first == second
    assert list(first["modalities"]) == ["vision"]
    assert first["tier"] == "open"


def test_a_transcript_gives_words(emogen, movie, tmp_path) -> None:
    (tmp_path / "said.srt").write_text("1\n00:00:00,000 --> 00:00:04,000\nI cried\n")
    options = ("--transcript", "said.srt", "--json", "--judge", "second")
    (found,) = json.loads(emogen("recognize", movie, *options).out)["results"]
    assert found["modalities"]["words"]["top"] == "sadness"


def test_a_plot_is_a_picture(emogen, movie, tmp_path) -> None:
    assert emogen("recognize", movie, "--plot", "plot.png").code == 0
    assert np.array(Image.open(tmp_path / "plot.png")).shape[2] == 3


def test_abstaining_is_said(emogen, movie) -> None:
    out = emogen("recognize", movie, "--abstain-below", "1").out
    assert "unsure, perhaps sadness" in out


def test_silence_and_blackness_are_answers(emogen, tmp_path) -> None:
    sound = Audio(samples=tone(None, 1)[None], sample_rate=RATE)
    clip = Clip(frames=coloured("nothing", seconds=1), fps=8).with_audio(sound)
    write_video(clip, tmp_path / "void.mp4")
    result = emogen("recognize", "void.mp4")
    assert result.code == 0
    assert result.out.startswith("void.mp4: unsure (confidence 0.00, intensity 0.00)\n")
    assert "no speech was found" in result.out


def test_one_bad_file_does_not_stop_the_others(emogen, movie, tmp_path) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"\x00\x01junk" * 99)
    result = emogen("recognize", "bad.mp4", movie)
    assert result.code == 1
    assert "movie.mp4: sadness" in result.out
    assert result.err.count("bad.mp4 ") == 1
    assert emogen("recognize", "bad.mp4", "none.mp4").code == 2
    errors = json.loads(emogen("recognize", "bad.mp4", movie, "--json").out)["results"]
    assert "error" in errors[0]
    assert "error" not in errors[1]


BAD = {
    "nothing": ([], "expected files or --text"),
    "both": (["movie.mp4", "--text", "hi"], "expected files or --text"),
    "no words": (["--text", " "], "with words in it"),
    "no file": (["none.mp4"], "no such file: none.mp4"),
    "folder": (["."], "expected a file"),
    "modality": (["movie.mp4", "--modalities", "visoin"], "did you mean 'vision'"),
    "judge": (["movie.mp4", "--judge", "third"], "unknown judge 'third'"),
    "plot name": (["movie.mp4", "--plot", "a.jpg"], "ends in .png"),
    "plot folder": (["movie.mp4", "--plot", "no/a.png"], "no folder no"),
    "two plots": (["movie.mp4", "movie.mp4", "--plot", "a.png"], "belong to one file"),
    "share": (["movie.mp4", "--abstain-below", "2"], "confidence of 0 to 1"),
    "silent voice": (["still.png", "--modalities", "voice"], "nothing for voice in still.png"),
    "cut": (["cut.mp4"], "cut.mp4"),
    "empty": (["empty.txt"], "empty file"),
    "transcript": (["movie.mp4", "--transcript", "none.srt"], "no such file: none.srt"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line(emogen, movie, tmp_path, name) -> None:
    save_image(coloured("anger")[0], tmp_path / "still.png")
    (tmp_path / "cut.mp4").write_bytes((tmp_path / movie).read_bytes()[:1200])
    (tmp_path / "empty.txt").write_bytes(b"")
    arguments, complaint = BAD[name]
    result = emogen("recognize", *arguments)
    assert result.code == 2
    assert result.out == ""
    said = ("emogen: reading ", "emogen: weights used")
    errors = [line for line in result.err.splitlines() if not line.startswith(said)]
    assert len(errors) == 1
    assert complaint in errors[0]
    assert "Traceback" not in result.err


def test_missing_weights_name_the_script(emogen, movie, tmp_path) -> None:
    (tmp_path / "assets" / "models" / "judge" / "fusion" / "model.safetensors").unlink()
    result = emogen("recognize", movie)
    assert result.code == 2
    assert "train_judge_fusion.py" in result.err


def test_a_big_model_reads_a_sense_instead(emogen, movie, tmp_path) -> None:
    tiny_models.save_text(tmp_path / "roberta", ["joy", "anger", "neutral"])
    tiny_models.save_clip(tmp_path / "clip")
    (tmp_path / "said.txt").write_text("good day\n", "utf-8")
    result = emogen(
        "recognize", movie, "--transcript", "said.txt", "--backend", "words=roberta",
        "--backend", "clip", "--json",
    )  # fmt: skip
    found = json.loads(result.out)["results"][0]
    assert result.code == 0
    assert "roberta" in found["models"]["words"]
    assert "clip" in found["models"]["vision"]
    assert any("not calibrated" in note for note in found["notes"])


@pytest.mark.parametrize("backends", [("no-such-model",), ("voice=clip-b32",),
                                      ("words=a", "words=b")])
def test_a_backend_that_does_not_fit_is_one_line(emogen, movie, backends) -> None:
    options = [word for name in backends for word in ("--backend", name)]
    result = emogen("recognize", movie, *options)
    assert result.code in (2, 3)
    assert result.out == ""
    assert result.err.splitlines()[-1].startswith(("emogen: expected", "emogen: unknown"))
    assert len(result.err.splitlines()) <= 2  # the first may say that the file is being read
