import numpy as np

from emogen.data.captions import caption, describe_emotion
from emogen.data.scenes import Scene
from emogen.data.synthetic import emotion_vector
from emogen.emotion.labels import MIKELS


def test_captions_name_the_subject_and_vary():
    scene = Scene(place="forest", weather="rain", camera="pan left")
    rng = np.random.default_rng(0)
    said = {caption("a red Robot", scene, rng) for _ in range(200)}
    assert len(said) > 20
    assert all("a red robot" in words and words == words.lower() for words in said)
    assert "a red robot in a forest, in the rain, camera pans left" in said


def test_emotion_phrase_grows_with_intensity():
    phrases = [
        describe_emotion(np.tile(emotion_vector({"anger": w}), (5, 1)), np.random.default_rng(0))
        for w in (0.3, 0.6, 1.0)
    ]
    assert phrases[0].startswith("looking slightly ")
    assert phrases[2].startswith("looking very ")
    assert len({phrase.split()[-1] for phrase in phrases}) == 1


def test_emotion_phrase_tells_a_change():
    vectors = np.linspace(emotion_vector({}), emotion_vector({"awe": 0.6}), 9)
    phrase = describe_emotion(vectors, np.random.default_rng(0))
    assert phrase.startswith("looking calm, then ")


def test_every_category_has_words():
    for name in MIKELS:
        vectors = np.tile(emotion_vector({name: 0.6}), (5, 1))
        assert describe_emotion(vectors, np.random.default_rng(1)).startswith("looking ")
