"""Recognisers as judges: what a campaign keeps of a recognition, with small real encoders."""

import numpy as np
import pytest

from emogen.emotion import MIKELS
from emogen.evaluation.campaign import Judge, read_features, run_campaign
from emogen.evaluation.campaign.plan import ClipRequest
from emogen.evaluation.campaign.shipped import ShippedJudge
from emogen.media import Audio, Clip
from tests.evaluation.recogniser.tiny_encoders import RATE, coloured, tiny_recogniser, tone


@pytest.fixture(scope="module")
def judge():
    return ShippedJudge(tiny_recogniser())


def clip(*names, sound=None, **options):
    frames = coloured(*names, **options)
    silent = Clip(frames=frames, fps=8.0)
    if sound is None:
        return silent
    samples = tone(sound, silent.duration)[None]
    return silent.with_audio(Audio(samples=samples, sample_rate=RATE))


def test_a_recogniser_is_a_judge(judge) -> None:
    assert isinstance(judge, Judge)
    found = judge.recognise(clip("anger"))
    assert found.top == "anger"
    assert found.emotion.shape == (len(found.seconds), 9)
    assert found.vad.shape == (len(found.seconds), 3)
    assert found.intensity.shape == found.seconds.shape
    assert found.features.shape[1] == 9
    assert 0 < found.confidence <= 1
    assert found.tier == "open"
    assert "tiny-vision" in str(found.models)


def test_change_over_time_is_kept(judge) -> None:
    found = judge.recognise(clip("anger", "sadness"))
    order = [MIKELS.index("anger"), MIKELS.index("sadness")]
    assert found.emotion[0, order[0]] > found.emotion[-1, order[0]]
    assert found.emotion[0, order[1]] < found.emotion[-1, order[1]]


def test_sound_counts_and_its_licence_is_told(judge) -> None:
    assert judge.recognise(clip("neutral", sound="excitement")).tier == "non-commercial"


def test_windows_with_nothing_to_read_are_left_out(judge) -> None:
    whole, half = judge.recognise(clip("anger", "anger")), judge.recognise(clip("anger", None))
    assert len(half.seconds) < len(whole.seconds)
    black = judge.recognise(clip(None))
    assert black.unsure
    assert len(black.seconds) > 0


def test_a_campaign_with_recognisers(judge, tmp_path) -> None:
    request = ClipRequest(part="grid", measures="category", prompt="red", emotion="anger:0.9",
                          intensity=0.9, seed=0)
    [row] = run_campaign(
        [request], source=lambda _: clip("anger"), judges={"main": judge, "second": judge},
        folder=tmp_path,
    )
    assert row.error is None
    assert {reading.top for reading in row.judges.values()} == {"anger"}
    features = read_features(tmp_path, [row], "second")
    assert features.shape == (1, 9)
    assert np.isfinite(features).all()
