"""`emogen talk`: a video that speaks, what is said about it, and what is wrong with bad input."""

import json

import numpy as np
import pytest

from emogen.encoders import voice
from emogen.media import probe, read_audio, read_sidecar, save_image
from emogen.motion import load_track
from emogen.motion.rig import save_landmarks
from emogen.provenance import verify
from tests.listening import listening_assets, write_sound
from tests.motion.rig.faces import painted
from tests.motion.voices import RATE, silence, syllables

SMALL = ("--size", "64x64", "--seed", "7")
STAGES = ("emogen: loading", "emogen: listening")


@pytest.fixture(scope="session")
def listener(tmp_path_factory):
    return listening_assets(tmp_path_factory.mktemp("assets"))


@pytest.fixture(autouse=True)
def _untrained_encoders(listener, monkeypatch):
    monkeypatch.setenv("EMOGEN_ASSETS", str(listener))
    voice.load_default.cache_clear()
    yield
    voice.load_default.cache_clear()


@pytest.fixture
def speech(tmp_path):
    sound, _ = syllables(2, lead=0.4)
    write_sound(tmp_path / "speech.wav", sound)
    return "speech.wav"


def test_a_video_that_speaks(emogen, speech, tmp_path) -> None:
    result = emogen("talk", "--audio", speech, "-o", "a.mp4", *SMALL)
    assert result.code == 0, result.err
    lines = result.out.splitlines()
    assert lines[0] == "a.mp4"
    assert lines[1].startswith("  woman, as heard (mostly ")
    assert "64x64, 60 frames at 25 fps, seed 7" in lines[1]
    assert any(line.startswith("  voice ") and "weight" in line for line in lines[2:])
    assert "no transcript and no speech recogniser: the words are not read" in result.err
    info = probe(tmp_path / "a.mp4")
    assert (info.video.num_frames, info.video.fps) == (60, 25)
    assert abs(info.audio.seconds - 2.4) < 0.04
    found = verify(tmp_path / "a.mp4")
    assert found.holds
    assert found.parameters == read_sidecar(tmp_path / "a.mp4")
    assert found.mark.source_type.endswith("compositeWithTrainedAlgorithmicMedia")
    assert found.parameters["audio"]["name"] == "speech.wav"


def test_json_tells_sources_and_weights(emogen, speech) -> None:
    options = ("--emotion", "anger:0.8", "--transcript", "I am so happy!", "--json", *SMALL)
    result = emogen("talk", "-a", speech, *options, "-o", "a.mp4", "-p", "fox:dusk")
    assert result.code == 0, result.err
    assert result.out.count("\n") == 1
    told = json.loads(result.out)
    sources = told["heard"]["sources"]
    assert (sources["request"]["weight"], sources["request"]["says"]) == (1.0, "anger")
    assert sources["voice"]["weight"] == sources["words"]["weight"] == 0
    assert sources["words"]["says"] != "anger"
    assert any({"words", "request"} == set(one["between"]) for one in told["heard"]["conflicts"])
    assert "words says pleasant" in result.err
    assert told["emotion"]["asked"] == "anger:0.8"
    assert (told["character"], told["size"], told["frames"]) == ("fox:dusk", "64x64", 60)
    assert set(told["seconds"]) == {"loading", "listening", "talking", "writing", "total"}


def test_the_emotion_asked_for_is_in_the_motion(emogen, speech, tmp_path) -> None:
    units = {}
    for mood in ("anger", "amusement"):
        options = ("-e", mood, "--motion-out", f"{mood}.npz", "-o", f"{mood}.mp4", *SMALL)
        assert emogen("talk", "-a", speech, *options).code == 0
        track = load_track(tmp_path / f"{mood}.npz")
        assert len(track) == 60
        units[mood] = {name: track.channel(name).mean() for name in ("AU4", "AU12_left")}
    assert units["anger"]["AU4"] > units["amusement"]["AU4"] + 0.4
    assert units["amusement"]["AU12_left"] > units["anger"]["AU12_left"] + 0.4


def test_the_same_seed_gives_the_same_file(emogen, speech, tmp_path) -> None:
    for name in ("a.mp4", "b.mp4"):
        assert emogen("talk", "-a", speech, "-e", "joy", "-o", name, *SMALL).code == 0
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


@pytest.mark.parametrize(
    ("name", "rate", "layout", "channels"),
    [("a.wav", 8000, "mono", 1), ("a.flac", 44_100, "stereo", 2), ("a.flac", 48_000, "5.1", 2),
     ("a.m4a", 22_050, "stereo", 2)],
)  # fmt: skip
def test_sound_of_any_kind(emogen, tmp_path, name, rate, layout, channels) -> None:
    mono, middles = syllables(2, lead=0.4)
    times = np.arange(round(len(mono) / RATE * rate)) / rate
    sound = np.interp(times, np.arange(len(mono)) / RATE, mono)
    count = {"mono": 1, "stereo": 2, "5.1": 6}[layout]
    write_sound(tmp_path / name, np.tile(sound, (count, 1)), rate=rate, layout=layout)
    result = emogen("talk", "-a", name, "-e", "awe", "-o", "out.mp4", *SMALL)
    assert result.code == 0, result.err
    heard = read_audio(tmp_path / "out.mp4", since_first_frame=True)
    assert heard.channels == channels
    assert abs(heard.duration - probe(tmp_path / "out.mp4").video.seconds) < 0.04
    hop = heard.sample_rate // 100
    steps = np.abs(heard.samples[0][: heard.samples.shape[1] // hop * hop]).reshape(-1, hop).max(1)
    loud = np.flatnonzero(steps > 0.3 * steps.max()) / 100
    assert abs(loud[0] - (middles[0] - 0.125)) < 0.04
    assert abs(loud[-1] - (middles[1] + 0.125)) < 0.05


@pytest.mark.parametrize(
    ("samples", "line"),
    [(silence(1.0), "is silent: the mouth rests"),
     (silence(1.5, noise=0.1), "nobody is heard speaking in s.wav: the mouth rests"),
     (np.clip(40 * syllables(2)[0], -1, 1), "of the sound is at full scale: it is clipped")],
)  # fmt: skip
def test_poor_sound_is_said(emogen, tmp_path, samples, line) -> None:
    write_sound(tmp_path / "s.wav", samples)
    result = emogen("talk", "-a", "s.wav", "-e", "joy", "-o", "out.mp4", *SMALL)
    assert result.code == 0, result.err
    assert line in result.err


def test_a_picture_talks(emogen, speech, tmp_path) -> None:
    image, landmarks = painted()
    save_image(image, tmp_path / "me.png")
    save_landmarks(landmarks, tmp_path / "points.json")
    options = ("-p", "me.png", "--landmarks", "points.json", "-e", "joy", "--json", *SMALL)
    result = emogen("talk", "-a", speech, "-o", "a.webm", *options)
    assert result.code == 0, result.err
    told = json.loads(result.out)
    assert (told["portrait"]["name"], told["landmarks"]["name"]) == ("me.png", "points.json")
    assert told["character"] is None
    assert probe(tmp_path / "a.webm").audio is not None


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("-o", "a.gif"), "-o to end in .mp4 or .webm, which hold sound"),
        (("--size", "65x64"), "an even --size, got 65x64; the nearest is 66x64"),
        (("--size", "32x32"), "a --size of 64 to 4096"),
        (("--emotion-scale", "2"), "--emotion-scale of 0 to 1.5, got 2"),
        (("--head", "3"), "--head of 0 to 2, got 3"),
        (("--mouth", "0"), "--mouth of 0.3 to 1.7, got 0"),
        (("--blinks", "nan"), "--blinks of 0 to 60, got nan"),
        (("--gaze", "9"), "--gaze of 0 to 2"),
        (("--fps", "0"), "--fps of 1 to 120"),
        (("--engine", "difusion"), "did you mean 'diffusion'"),
        (("--scene", "a garden"), "--scene has no effect on the rig; add --engine diffusion"),
        (("--engine", "diffusion", "--fps", "30"), "makes 25 frames a second; remove --fps"),
        (("-e", "hapy:2"), "hapy"),
        (("-p", "robt"), "did you mean 'robot'"),
        (("-p", "me.jpg"), "no such file: me.jpg"),
        (("--landmarks", "a.json"), "no effect on the drawn character"),
        (("--transcript", "no.txt"), "no such file: no.txt"),
        (("--transcript", "Hi.", "--asr", "folder"), "--transcript or --asr, got both"),
        (("--asr", "no-such-folder"), "no-such-folder"),
        (("--motion-out", "a.txt"), "--motion-out to end in .json or .npz"),
        (("--motion-out", "a.json", "-o", "a.mp4"), "the video's own sidecar"),
        (("-o", "no/a.mp4"), "create it first"),
        (("-a", "no.wav"), "no such file: no.wav"),
        (("-a", "me.png"), "me.png"),
    ],
)
def test_bad_input_is_one_line(emogen, speech, tmp_path, arguments, line) -> None:
    save_image(np.zeros((16, 16, 3), np.uint8), tmp_path / "me.png")
    audio = () if "-a" in arguments else ("-a", speech)
    result = emogen("talk", *audio, *SMALL, *arguments)
    lines = [row for row in result.err.splitlines() if row not in STAGES]
    assert (result.code, result.out) == (2, "")
    assert len(lines) == 1
    assert line in lines[0]
    assert not list(tmp_path.glob("*.mp4"))


def test_files_are_not_replaced_by_chance(emogen, speech, tmp_path) -> None:
    options = ("talk", "-a", speech, "-e", "joy", "-o", "a.mp4", *SMALL)
    assert emogen(*options).code == 0
    result = emogen(*options)
    assert result.code == 2
    assert "'a.mp4' exists" in result.err
    assert emogen(*options, "-y").code == 0
    (tmp_path / "speech.mp4").write_bytes((tmp_path / "a.mp4").read_bytes())
    result = emogen("talk", "-a", "speech.mp4", "-o", "speech.mp4", "-y", *SMALL)
    assert "is the sound itself" in result.err


def test_a_transcript_that_is_no_use_is_said(emogen, speech) -> None:
    for words, line in (("?! 你好", "the transcript does not guide the mouth"),
                        ("Kids are talking by the door and dogs are sitting there too.",
                         "transcript does not")):  # fmt: skip
        options = ("--transcript", words, "-e", "joy", "-o", "a.mp4", "-y", *SMALL)
        result = emogen("talk", "-a", speech, *options)
        assert result.code == 0, result.err
        assert line in result.err
