"""Talk jobs of a manifest: settled, named by what they are made from, written as they are drawn."""

import json

import numpy as np
import pytest

from emogen.encoders import voice
from emogen.media import probe, save_image
from emogen.motion.rig import save_landmarks
from emogen.provenance import verify
from emogen.rendering.identity import job_id
from emogen.rendering.job import Job
from emogen.rendering.revisions import Revisions
from emogen.rendering.settle import Settler
from emogen.rendering.worker.engine import EngineOptions
from emogen.rendering.worker.finishing import LocalTarget
from emogen.rendering.worker.talking import TalkingEngine
from tests.listening import listening_assets, write_sound
from tests.motion.rig.faces import painted
from tests.motion.voices import syllables
from tests.rendering.claims import claim_of


@pytest.fixture(scope="module")
def listener(tmp_path_factory):
    return listening_assets(tmp_path_factory.mktemp("assets"))


@pytest.fixture(autouse=True)
def _untrained_encoders(listener, monkeypatch, tmp_path):
    monkeypatch.setenv("EMOGEN_ASSETS", str(listener))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    voice.load_default.cache_clear()
    write_sound(tmp_path / "said.wav", syllables(1, lead=0.3)[0])
    yield
    voice.load_default.cache_clear()


def settled(folder, **asked):
    settings = {"kind": "talk", "portrait": "woman", "audio": "said.wav", "size": "64x64"}
    return Settler(folder).settle(Job(**settings | asked))


def made(folder, job):
    """Return the file of a job and what was told on the way."""
    told = []

    def tell(stage, done, total):
        told.append(stage)

    engine, claim = TalkingEngine(EngineOptions()), claim_of(("0" * 20, job))
    (draft,) = engine.draft([engine.read(claim, tell)], tell)
    written = LocalTarget(folder).write(claim, engine.develop(draft, tell), {})
    return folder / written.output, written, list(dict.fromkeys(told))


def test_a_job_becomes_a_video_with_sound_and_sidecar(tmp_path) -> None:
    job, wrong = settled(tmp_path, emotion="anger", seed=3, output="a.mp4", portrait="fox:dusk")
    assert (wrong, job.engine, job.fps) == ([], "rig", 25.0)
    path, written, told = made(tmp_path / "out", job)
    info = probe(path)
    assert info.video.num_frames == 45
    assert info.audio is not None
    found = verify(path)
    assert found.holds
    assert found.parameters["kind"] == "talk"
    assert found.parameters["emotion"]["asked"] == "anger"
    sidecar = json.loads(path.with_suffix(".json").read_text())
    assert sidecar["parameters"] == found.parameters
    assert sidecar["render"]["sha256"] == written.digest
    assert told == ["reading", "loading", "listening", "talking"]
    assert any("words are not read" in note for note in written.warnings)
    assert LocalTarget(tmp_path / "out").find(claim_of(("0" * 20, job))).digest == written.digest


def test_a_picture_is_a_file_with_its_landmarks_beside_it(tmp_path) -> None:
    _, wrong = settled(tmp_path, portrait="me.png")
    assert [field for field, _ in wrong] == ["portrait"]
    image, landmarks = painted()
    save_image(image, tmp_path / "me.png")
    save_landmarks(landmarks, tmp_path / "me.landmarks.json")
    job, wrong = settled(tmp_path, portrait="me.png", emotion="joy", output="b.mp4")
    assert (wrong, job.portrait) == ([], str(tmp_path / "me.png"))
    path, _, _ = made(tmp_path / "out", job)
    assert verify(path).parameters["portrait"]["name"] == "me.png"


def test_an_id_follows_what_is_talked_and_by_whom(tmp_path) -> None:
    image, landmarks = painted()
    save_image(image, tmp_path / "me.png")
    save_landmarks(landmarks, tmp_path / "me.landmarks.json")

    def named(**asked):
        settler = Settler(tmp_path)
        job, _ = settled(tmp_path, **asked)
        return job_id(job, revisions=Revisions().of(job, find_model=settler.find_model))

    ids = [named(), named(portrait="fox"), named(emotion="anger"), named(portrait="me.png")]
    assert len(set(ids)) == 4
    assert named(engine="rig", fps=25) == ids[0]
    moved = landmarks.moved(offset=np.array([1.0, 0.0]), scale=1.0)
    save_landmarks(moved, tmp_path / "me.landmarks.json")
    assert named(portrait="me.png") != ids[3]


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ({"prompt": "a garden"}, "prompt has no effect on the engine rig"),
        ({"output": "a.gif"}, "holds sound for kind talk: .mp4 or .webm"),
        ({"engine": "diffusion", "fps": 30}, "25 frames a second"),
        ({"steps": 3}, "steps has no effect in a job of kind talk"),
    ],
)
def test_what_a_talk_job_does_not_heed(asked, line) -> None:
    with pytest.raises(ValueError, match=line):
        Job(portrait="woman", audio="a.wav", **asked)
