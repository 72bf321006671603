"""Talking heads: requests in, a video that the studio's page shows out."""

import numpy as np
import pytest

from ui.talks import CHARACTERS


@pytest.fixture(scope="module")
def speech(tmp_path_factory):
    import wave

    from tests.motion.voices import RATE, sung

    path = tmp_path_factory.mktemp("sound") / "speech.wav"
    samples = np.concatenate([sung("AA", 0.4), sung("M", 0.2), sung("IY", 0.4)])
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def test_the_characters_are_those_of_the_rig() -> None:
    from emogen.motion.rig.vector import CHARACTERS as DRAWN

    assert CHARACTERS == DRAWN


def test_what_is_refused(served) -> None:
    cases = [({"audio": "0" * 20}, "no upload"), ({"audio": "x", "size": 63}, "size"),
             ({"audio": "x", "emotion": "hapy"}, "did you mean"), ({"voice": "x"}, "audio"),
             ({"audio": "x", "scene": "a forest"}, "no scene for the rig"),
             ({"audio": "../etc", "portrait": "/etc/passwd"}, "no upload")]
    for body, said in cases:
        answer = served.client.post("api/v1/talks", json=body)
        assert answer.status_code in {400, 404}
        assert said in answer.json()["error"]


@pytest.mark.slow  # loads the models of hearing and moving
def test_a_character_speaks(served, visit, speech) -> None:
    page = visit(served.url)
    page.get_by_role("tab", name="Talk", exact=True).click()
    page.locator("#talk-audio").set_input_files(speech)
    page.locator(".drop", has_text="speech.wav, 1 s").wait_for()
    page.locator("#talk-size").select_option("128")
    page.locator("#talk-words").fill("/etc/passwd")
    page.locator("#talk-start").click()
    page.locator("#emogen-said", has_text="consent").wait_for()
    page.locator("#talk-consent").check()
    page.locator("#talk-start").click()
    page.locator("#talk video").wait_for()
    titles = page.locator("#talk .chart b").all_inner_texts()
    assert titles == ["Shown", "Strength", "Valence by source", "Arousal by source", "Weight"]
    assert page.locator("#talk .chart", has_text="Weight").locator(".key").all_inner_texts()
    assert "root:" not in page.locator("#talk").inner_text()
    page.reload()
    page.get_by_role("tab", name="Talk", exact=True).click()
    page.locator("#talk video").wait_for()
