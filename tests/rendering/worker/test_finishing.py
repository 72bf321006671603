"""From products to whole files: names, sidecars, adoption, what is refused, what is left behind."""

import json
import os

import numpy as np
import pytest

from emogen.errors import InputError, MediaError, ResourceError
from emogen.media import Clip, probe, read_parameters, read_sidecar
from emogen.media.atomic import atomic_path
from emogen.provenance import verify
from emogen.rendering.job import Job
from emogen.rendering.worker.engine import Product
from emogen.rendering.worker.finishing import LocalTarget, digest_of, part_of, stale_parts
from emogen.rendering.worker.remote import RemoteTarget, target_of
from tests.rendering.claims import claim_of
from tests.rendering.jobs import entries_of, job

SCORES = {"top": "awe"}


def product(seed=0, **changes):
    frames = np.random.default_rng(seed).integers(0, 256, (5, 64, 64, 3), np.uint8)
    settings = {
        "clip": Clip(frames=frames, fps=8.0), "parameters": {"kind": "test", "seed": seed},
        "scores": SCORES, "warnings": ("one",),
    } | changes  # fmt: skip
    return Product(**settings)


@pytest.fixture
def claim():
    return claim_of(entries_of([job(output="cats/a.mp4")])[0])


@pytest.fixture
def target(tmp_path):
    return LocalTarget(tmp_path)


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))


def test_a_file_and_its_sidecar_and_nothing_else(target, claim, tmp_path):
    written = target.write(claim, product(), {"denoising": 1.23456})
    assert files(tmp_path) == ["cats/a.json", "cats/a.mp4"]
    assert (written.output, written.scores) == ("cats/a.mp4", SCORES)
    assert written.digest == digest_of(tmp_path / "cats/a.mp4")
    assert probe(tmp_path / "cats/a.mp4").video.num_frames == 5
    assert read_sidecar(tmp_path / "cats/a.mp4") == {"kind": "test", "seed": 0}
    assert read_parameters(tmp_path / "cats/a.mp4") == {"kind": "test", "seed": 0}
    note = json.loads((tmp_path / "cats/a.json").read_text())["render"]
    assert note == {
        "id": claim.id, "sha256": written.digest, "seconds": {"denoising": 1.235},
        "scores": SCORES, "warnings": ["one"],
    }


def test_what_is_whole_is_found_again(target, claim):
    assert target.find(claim) is None
    written = target.write(claim, product(), {"denoising": 2.0})
    found = target.find(claim)
    assert (found.digest, found.scores, found.warnings) == (written.digest, SCORES, ("one",))
    assert found.seconds == {"denoising": 2.0}


@pytest.mark.parametrize("harm", ["cut", "no sidecar", "torn sidecar"])
def test_what_is_not_whole_is_made_again_or_refused(target, claim, tmp_path, harm):
    target.write(claim, product(), {})
    clip, sidecar = tmp_path / "cats/a.mp4", tmp_path / "cats/a.json"
    if harm == "cut":  # the sidecar says that it is this job's: made again
        clip.write_bytes(clip.read_bytes()[:500])
        assert target.find(claim) is None
        target.write(claim, product(), {})
        assert target.find(claim) is not None
        return
    sidecar.unlink() if harm == "no sidecar" else sidecar.write_text("{")
    with pytest.raises(InputError, match="this run did not make it"):
        target.find(claim)
    assert LocalTarget(tmp_path, overwrite=True).find(claim) is None


def test_files_of_others_are_kept(target, claim, tmp_path):
    target.write(claim, product(), {})
    other = claim_of(("another", claim.job))
    with pytest.raises(InputError, match="another job made it; move it away"):
        target.find(other)
    (tmp_path / "cats/b.mp4").write_bytes(b"mine")
    mine = claim_of(("b", claim.job.model_copy(update={"output": "cats/b.mp4"})))
    with pytest.raises(InputError, match="this run did not make it"):
        target.find(mine)
    assert (tmp_path / "cats/b.mp4").read_bytes() == b"mine"


def test_killed_between_sidecar_and_clip(target, claim, tmp_path):
    target.write(claim, product(), {})
    (tmp_path / "cats/a.mp4").unlink()
    assert target.find(claim) is None


def test_unfinished_files_of_earlier_claims_go(target, claim, tmp_path):
    path = tmp_path / "cats" / "a.mp4"
    path.parent.mkdir()
    old = part_of(path, "deadbeef00000000")
    inner = old.with_name(f".{old.name}.0123456789ab.part")
    other = part_of(path.with_name("abc.mp4"), "deadbeef00000000")
    own = part_of(path, claim.token)
    for part in (old, inner, other, own):
        part.write_bytes(b"half")
    target.find(claim)
    assert [part.exists() for part in (old, inner, other, own)] == [False, False, True, True]
    assert set(stale_parts(tmp_path, {claim.token})) == {other}
    assert set(stale_parts(tmp_path, set())) == {other, own}


def test_what_others_are_writing_is_left_alone(tmp_path):
    with atomic_path(tmp_path / "reading.json") as part:
        part.write_bytes(b"{")
        assert stale_parts(tmp_path, set()) == []
        os.utime(part, (0, 0))
        assert stale_parts(tmp_path, set()) == [part], "forgotten, perhaps by a killed process"


def test_a_failed_write_leaves_nothing(target, claim, tmp_path):
    sound = product(clip=product().clip.flattened())
    gif = claim_of(("g", claim.job.model_copy(update={"output": "x.mov"})))
    with pytest.raises(MediaError):
        target.write(gif, sound, {})
    assert files(tmp_path) == []


def test_a_folder_that_is_a_file(claim, tmp_path):
    (tmp_path / "cats").write_text("no folder")
    with pytest.raises(ResourceError, match="cannot write"):
        LocalTarget(tmp_path).write(claim, product(), {})


def test_the_mark_is_in_the_clip(target, claim, tmp_path):
    target.write(claim, product(), {})
    verdict = verify(tmp_path / "cats/a.mp4")
    assert verdict.mark is not None


def test_a_document(target, tmp_path):
    claim = claim_of(("judged", Job(kind="evaluate", clip="x.mp4", output="a.json")))
    asked = product(clip=None, document={"recognition": {"top": "awe"}})
    written = target.write(claim, asked, {})
    document = json.loads((tmp_path / "a.json").read_text())
    assert document["recognition"] == {"top": "awe"}
    assert document["render"]["id"] == claim.id
    assert target.find(claim).digest == written.digest


# --- fsspec


@pytest.fixture
def remote(request):
    return RemoteTarget(f"memory://{request.node.name}")


def test_a_url(remote, claim):
    assert remote.find(claim) is None
    written = remote.write(claim, product(), {})
    assert remote.find(claim).digest == written.digest
    assert remote.write(claim, product(), {}).digest == written.digest  # the same bytes may stay


def test_a_url_is_created_exclusively(remote, claim):
    remote.write(claim, product(), {})
    with pytest.raises(InputError, match="was written by another meanwhile"):
        remote.write(claim, product(seed=1), {})
    with pytest.raises(InputError, match="is there already"):
        remote.find(claim_of(("another", claim.job)))


def test_targets_by_name(tmp_path):
    assert target_of(f"file://{tmp_path}").folder == tmp_path
    assert isinstance(target_of("memory://x"), RemoteTarget)
    with pytest.raises(ResourceError, match="cannot write to nowhere"):
        target_of("nowhere://x")
