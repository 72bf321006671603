"""The audio-to-motion recipes: they run, resume, and refuse what they cannot use in one line."""

import ctypes.util
import json
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file

from emogen.motion.features import hear
from emogen.motion.phones import INDEX
from tests.motion.voices import silence, sung
from training.make_speech import Espeak, polish_words, resized, timed_phones

needs_espeak = pytest.mark.skipif(
    ctypes.util.find_library("espeak-ng") is None, reason="espeak-ng is not installed"
)


def shelf(path, *, voice, count=4, timed=True):
    """Write a small corpus of sung words in the way of make_speech.py."""
    mels, pitches, levels, spans, about = [], [], [], [], []
    for number in range(count):
        pieces, moment = [silence(0.32)], 0.32
        for phone in ("M", "AA", "M", "IY", "M", "UW") * 2:
            pieces.append(sung(phone, 0.16, pitch=100 + 20 * number))
            if timed:
                spans.append((number, INDEX[phone], moment, moment + 0.16))
            moment += 0.16
        mel, pitch, level = hear(np.concatenate([*pieces, silence(0.32)]))
        for pile, track in ((mels, mel), (pitches, pitch), (levels, level)):
            pile.append(track.astype(np.float16))
        words = [["M", "AA"], ["M", "IY"], ["M", "UW"]] * 2
        about.append({"text": "ma me moo ma me moo", "voice": voice, "words": words})
    np.savez(path, mel=np.concatenate(mels), pitch=np.concatenate(pitches),
             level=np.concatenate(levels), bounds=np.cumsum([0, *map(len, mels)]),
             spans=np.array(spans, np.float32).reshape(-1, 4),
             about=np.array(json.dumps(about)))  # fmt: skip


def train(*arguments):
    return subprocess.run(
        [sys.executable, "training/train_a2m.py", *map(str, arguments)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.slow  # it trains all four stages for a second each
def test_it_trains_and_a_second_call_takes_what_there_is(tmp_path):
    for name in ("synthetic", "test"):
        shelf(tmp_path / f"{name}.npz", voice=name)
    for name in ("ravdess", "nemo"):
        shelf(tmp_path / f"{name}.npz", voice=f"{name}-01")
    options = ("--speech", tmp_path, "--work", tmp_path / "work", "--ear-minutes", 0.02, 0.02,
               0.02, "--flow-minutes", 0.02, "--hours", 0.01)  # fmt: skip
    done = train(*options, "--out", tmp_path / "one")
    assert done.returncode == 0, done.stderr[-2000:]
    first = load_file(tmp_path / "one" / "a2m.safetensors")
    assert all(np.isfinite(value).all() for value in first.values())
    steps = (tmp_path / "work" / "flow" / "minutes.json").read_text()
    assert train(*options, "--out", tmp_path / "two").returncode == 0
    second = load_file(tmp_path / "two" / "a2m.safetensors")
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert (tmp_path / "work" / "flow" / "minutes.json").read_text() == steps


def test_missing_speech_is_one_clear_line(tmp_path):
    done = train("--speech", tmp_path)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "make_speech.py" in done.stderr


@needs_espeak
def test_the_synthesiser_says_when_its_phones_sound():
    spoken = Espeak().say("Baby Bob, put the map here.", "en-us")
    spans = timed_phones(spoken)
    said = [phone for phone, _, _ in spans if phone != "SIL"]
    assert said[:4] == ["B", "EY", "B", "IY"]
    assert all(end > start for _, start, end in spans)
    loud = np.abs(spoken.samples)
    for phone, start, end in spans:
        piece = loud[round(start * spoken.sample_rate) : round(end * spoken.sample_rate)]
        if phone in ("AE", "AA", "EY"):
            assert piece.mean() > 0.3 * loud.mean()
        if phone == "P":  # a stop holds its breath before it bursts
            assert piece[: len(piece) // 3].mean() < 0.2 * loud.mean()


@needs_espeak
def test_polish_words_become_phones():
    words = polish_words(Espeak(), "Mama ma psa.")
    assert words == [["M", "AA", "M", "AA"], ["M", "AA"], ["P", "S", "AA"]]


def test_resizing_keeps_a_tone_and_moves_its_pitch():
    tone = np.sin(2 * np.pi * 440 * np.arange(22_050) / 22_050)
    small = resized(tone, 16_000)
    expected = np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    assert np.abs(small[100:-100] - expected[100:-100]).max() < 0.05
