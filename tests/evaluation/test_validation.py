"""Scores of a model in training: right on drawn clips, shared among processes, refused if empty."""

import numpy as np
import pytest

from emogen.data.synthetic import emotion_vector, render_example
from emogen.errors import EmogenError, InputError, MediaError
from emogen.evaluation.campaign import ClipRequest
from emogen.evaluation.validation import Validator, validation_requests
from emogen.media import Clip

pytestmark = pytest.mark.judge("vision", "fusion")


def request(prompt, emotion, seed, *, draw="cat"):
    return ClipRequest(
        part="grid", measures="category", prompt=prompt, emotion=f"{emotion}:0.9", seed=seed,
        intensity=0.9, draw=draw,
    )  # fmt: skip


REQUESTS = [
    request("a red cat", "fear", 1), request("a blue cat", "amusement", 2),
    request("a green cat", "contentment", 3), request("a thing", "fear", 4, draw=None),
]  # fmt: skip


def drawn(asked, *, emotion=None):
    """Draw what is asked for, or another emotion than the one asked for."""
    vector = emotion_vector({emotion or asked.asked: 0.9})
    example = render_example(
        asked.seed, kind="cat", emotion_vectors=np.tile(vector, (9, 1)), num_frames=9
    )
    return Clip(frames=example.frames, fps=example.fps)


@pytest.fixture(scope="module")
def right(tmp_path_factory):
    validator = Validator(
        requests=REQUESTS, source=drawn, folder=tmp_path_factory.mktemp("validation")
    )
    return validator, validator(20)


def test_drawn_clips_are_read_as_asked(right) -> None:
    _, scores = right
    assert scores["ea8"].value >= 0.75
    assert scores["text"].value == 1.0
    assert scores["text"].count == 3  # the prompt without a known subject does not count
    assert 0 <= scores["va_distance"].value < 0.6
    assert all(one.low <= one.value <= one.high for one in scores.values())


def test_another_emotion_than_asked_scores_less(right, tmp_path) -> None:
    wrong = Validator(
        requests=REQUESTS[:2], folder=tmp_path,
        source=lambda asked: drawn(asked, emotion="disgust"),
    )(0)
    assert wrong["ea8"].value == 0
    assert wrong["va_distance"].value > right[1]["va_distance"].value


def test_clips_stay_and_make_a_sheet(right) -> None:
    validator, _ = right
    place = validator.place(20)
    assert len(list((place / "clips").glob("*.mp4"))) == 4
    sheet = validator.sheet()
    assert sheet.dtype == np.uint8
    assert sheet.std() > 10


def test_processes_share_the_clips(right, tmp_path) -> None:
    shared = []

    def part(process):
        return Validator(
            requests=REQUESTS, source=drawn, folder=tmp_path, process=process, processes=2,
            gather=lambda found: shared.extend(found) or list(shared),
        )

    assert part(1)(20) is None
    scores = part(0)(20)
    assert scores["ea8"] == right[1]["ea8"]
    assert len(list(tmp_path.rglob("*.mp4"))) == 4


def test_where_all_make_every_clip_the_first_keeps_them(tmp_path) -> None:
    made = []

    def source(asked):
        made.append(asked.seed)
        return drawn(asked)

    other = Validator(
        requests=REQUESTS[:2], source=source, folder=tmp_path, process=1, processes=2, together=True
    )
    assert other(0) is None
    assert made == [1, 2]
    assert not list(tmp_path.rglob("*.mp4"))


def test_if_no_clip_can_be_made_it_says_why(tmp_path) -> None:
    def broken(_):
        raise MediaError("no such clip")

    with pytest.raises(EmogenError, match="all 2 clips failed, the first: no such clip"):
        Validator(requests=REQUESTS[:2], source=broken, folder=tmp_path)(0)


def test_a_protocol_without_categories(tmp_path) -> None:
    assert {one.measures for one in validation_requests("quick")} == {"category"}
    path = tmp_path / "calm.yaml"
    path.write_text("name: calm\nparts:\n- {name: a, measures: neutral, prompts: [a cat]}\n")
    with pytest.raises(InputError, match="expected clips that measure a category"):
        validation_requests(str(path))
