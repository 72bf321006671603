"""All sources together: files, arrays and blocks, notes, requests, an hour in constant memory."""

import subprocess
import sys

import av
import numpy as np
import pytest

from emogen.emotion import parse
from emogen.encoders import SOURCES, Portrait, read_sources
from emogen.errors import InputError, MediaError
from tests.encoders.voices import RATE, babble, silence

HOUR = """
import resource, sys
import numpy as np
from emogen.encoders.voice import SlidingWindows
from tests.encoders.voices import babble
sound = babble(10.0)
sliding = SlidingWindows()
count, peaks = 0, []
for window in sliding.over(sound[:16_000] for _ in range(int(sys.argv[1]))):
    count += 1
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.fixture(scope="module")
def wave(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "voice.wav"
    with av.open(path, "w") as container:
        stream = container.add_stream("pcm_s16le", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(
            (babble(3.0) * 32767).astype(np.int16)[None], format="s16", layout="mono")
        frame.sample_rate = RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_a_file_an_array_and_blocks_say_the_same(wave):
    sound = np.round(babble(3.0) * 32767).astype(np.int16)
    array = (sound / 32768).astype(np.float32)
    from_file, from_array = read_sources(wave), read_sources(array)
    from_blocks = read_sources(iter(np.split(array, [999, 20_000])))
    assert np.allclose(from_array.vectors, from_blocks.vectors, atol=1e-5)
    assert np.allclose(from_file.vectors, from_array.vectors, atol=2e-2)
    assert from_file.seconds == pytest.approx(3.0)


def test_without_a_transcript_one_line_says_so(wave):
    fusion = read_sources(wave)
    assert fusion.notes["words"] == (
        "no transcript and no speech recogniser: the words are not read",
    )
    assert not fusion.presence[:, SOURCES.index("words")].any()


def test_silence_is_neutral_and_its_facts_are_told():
    fusion = read_sources(silence(3.0))
    assert not fusion.vectors.any()
    assert fusion.sound == {"peak": 0.0, "clipped": 0.0, "speech": 0.0}


def test_a_request_is_shown_whatever_the_sound_is():
    request = parse("fear:0.6")
    fusion = read_sources(silence(2.0), request=request, transcript="I am so happy!")
    assert np.allclose(fusion.vectors, request.sample(len(fusion.vectors), fusion.fps))
    assert fusion.presence[:, SOURCES.index("words")].any()


def test_words_speak_where_no_voice_does():
    fusion = read_sources(silence(2.0), transcript="I hate you, I am furious and angry!")
    assert fusion.to_json()["emotion"][0]["label"] == "anger"
    assert np.allclose(fusion.weights[:, SOURCES.index("words")], 1)


def test_a_picture_without_a_face_is_absent():
    face = Portrait(image=np.zeros((64, 64, 3), np.uint8), box=None, drawn=False)
    fusion = read_sources(silence(1.0), portrait=face)
    assert fusion.notes["portrait"] == ("no face is marked in the picture",)


@pytest.mark.parametrize("fps", [6.25, 25.0, 30.0])
def test_any_rate_covers_the_sound(fps):
    fusion = read_sources(babble(1.7), fps=fps)
    assert (len(fusion.vectors) - 1) / fps >= 1.7


def test_hostile_input_is_refused(tmp_path):
    with pytest.raises(MediaError):
        read_sources(tmp_path / "none.wav")
    with pytest.raises(InputError):
        read_sources(np.full(RATE, np.inf, np.float32))
    with pytest.raises(InputError, match="no samples"):
        read_sources(iter([]))


@pytest.mark.slow  # two interpreters
def test_an_hour_takes_the_memory_of_a_minute(root):
    found = []
    for seconds in (60, 3600):
        done = subprocess.run([sys.executable, "-c", HOUR, str(seconds)], cwd=root, check=True,
                              capture_output=True, text=True)  # fmt: skip
        found.append([int(number) for number in done.stdout.split()])
    assert [count for count, _ in found] == [60, 3600]
    assert found[1][1] < found[0][1] + 20_000  # kilobytes
