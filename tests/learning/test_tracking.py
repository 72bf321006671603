"""Tracking: what is plotted is what was logged, read back from TensorBoard's own files."""

from importlib.util import find_spec

import numpy as np
import pytest
from accelerate import Accelerator

from emogen.errors import InputError, ResourceError
from emogen.learning.tracking import Tracking, accelerator_options, check_tracker

RECORD = {"step": 5, "seconds": 2.5, "loss": 0.25, "gradient_norm": 1.5, "rate": 1e-4}
SCORES = {"ea8": {"value": 0.5, "low": 0.25, "high": 0.75, "count": 8}}


def plotted(run):
    """Return TensorBoard's scalars as {name: {step: value}}, and its pictures and texts."""
    reader = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    ).EventAccumulator(str(run / "tracking" / "emogen"))
    reader.Reload()
    tags = reader.Tags()
    scalars = {name: {event.step: event.value for event in reader.Scalars(name)}
               for name in tags["scalars"]}  # fmt: skip
    return scalars, tags["images"], tags["tensors"]


def track(run, *, step=0, records=(RECORD,)):
    pytest.importorskip("tensorboard")
    accelerator = Accelerator(cpu=True, **accelerator_options("tensorboard", run))
    tracker = Tracking(accelerator=accelerator, name="tensorboard", run=run)
    tracker.start({"batch": 4, "loop": {"lr": 0.1}}, step=step)
    for record in records:
        tracker.log(record)
    tracker.validated(records[-1]["step"], SCORES, np.full((32, 48, 3), 200, np.uint8))
    accelerator.end_training()


def test_records_scores_pictures_and_settings_are_there(tmp_path) -> None:
    track(tmp_path)
    scalars, images, texts = plotted(tmp_path)
    assert scalars["training/loss"] == {5: 0.25}
    assert set(scalars) >= {"training/gradient_norm", "training/rate", "training/seconds"}
    ends = [scalars[f"validation/ea8{end}"][5] for end in ("", " low", " high")]
    assert ends == [0.5, 0.25, 0.75]
    assert images == ["validation/clips"]
    assert any("settings" in name for name in texts)


def test_a_resumed_run_drops_what_it_does_again(tmp_path) -> None:
    track(tmp_path, records=[RECORD, RECORD | {"step": 9, "loss": 9.0}])
    track(tmp_path, step=6, records=[RECORD | {"step": 7, "loss": 0.125}])
    scalars, _, _ = plotted(tmp_path)
    assert scalars["training/loss"] == {5: 0.25, 7: 0.125}


def test_without_a_tracker_nothing_is_written(tmp_path) -> None:
    assert accelerator_options("none", tmp_path) == {}
    quiet = Tracking(accelerator=Accelerator(cpu=True), name="none", run=tmp_path)
    quiet.start({})
    quiet.log(RECORD)
    quiet.validated(5, SCORES, None)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_tracker() -> None:
    with pytest.raises(InputError, match="unknown tracker 'tensorbord'; did you mean"):
        check_tracker("tensorbord")


@pytest.mark.skipif(find_spec("wandb") is not None, reason="wandb is installed")
def test_a_tracker_that_is_not_installed() -> None:
    with pytest.raises(ResourceError, match="expected the package wandb to track with") as no:
        check_tracker("wandb")
    assert no.value.exit_code == 3
