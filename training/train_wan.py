"""Fine-tune a Wan model on a prepared corpus: emotion adapter, LoRA, both, or every weight.

``accelerate launch training/train_wan.py --preset training/presets/wan_emovid_lora.toml``

``--set base=FOLDER data=FOLDER loop.max_steps=2000 ...`` overrides the preset. On several GPUs:
``--config_file training/accelerate/gpus.yaml`` before the script, and ``--set shard=true`` where
the weights are to be spread over them (FSDP2). ``--resume`` goes on with a stopped run exactly
where it was, also on another number of GPUs. ``RUN/model`` gets the averaged weights with each
checkpoint: LoRA files for diffusers, ComfyUI and kohya, the adapter, or a whole transformer.
With ``--set validation.every=500`` the judge measures them on the clips of a protocol, and
``RUN/best`` keeps the best. ``--track tensorboard`` or ``wandb`` plots it all.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from shutil import rmtree

import torch
from accelerate import Accelerator
from accelerate.utils import gather_object, set_seed
from diffusers import WanTransformer3DModel
from PIL import Image
from torch import Tensor

from emogen.conditioning import load_adapter
from emogen.conditioning.finetuned import FineTunedWan, export_parts
from emogen.data.prepare.batches import PreparedSet, read_prepared
from emogen.data.prepare.wording import words_of
from emogen.diffusion.finetuning import NoiseLevels, checkpoint_blocks, sample_loss
from emogen.emotion import Trajectory
from emogen.errors import EmogenError, InputError
from emogen.evaluation.campaign import ClipRequest, load_protocol
from emogen.evaluation.validation import Validator, validation_requests
from emogen.learning.finetuner import FineTuner, gathered, make_optimiser, refuse_deepspeed, shard
from emogen.learning.loop import LoopConfig, step_generator
from emogen.learning.presets import read_settings
from emogen.learning.tracking import TRACKERS, Tracking, accelerator_options
from emogen.learning.validation import BEST, RECORDS, Scores, Validation
from emogen.media import Clip
from emogen.pipelines.first_frames import FirstFrameReader, shown
from emogen.pipelines.in_training import pipeline_in_training
from emogen.pipelines.loading import read_defaults
from emogen.pipelines.tuning_base import TuningBase, read_base


@dataclass(frozen=True, kw_only=True)
class ValidationSettings:
    """How the averaged weights are measured now and then.

    Attributes:
        every: Steps between two measurements, and one at the end; 0 for none.
        protocol: Whose clips of one emotion are made: a name or a YAML file.
        steps: Denoising steps; 0 takes the protocol's or the model's own.
        best: The score that chooses: ea8, ea2, asked_weight, va_distance or text.
    """

    every: int = 0
    protocol: str = "quick"
    steps: int = 0
    best: str = "ea8"


@dataclass(frozen=True, kw_only=True)
class WanSettings:
    """What to fine-tune on what.

    Attributes:
        base: A diffusers Wan folder or the name of a published model.
        data: What ``emogen data prepare --model`` wrote for this base.
        run: Folder for checkpoints and logs.
        train: adapter, lora, both or full.
        expert: Of two: high or low noise levels; only where there is one.
        adapter: Folder of an emotion adapter to go on from; empty for a fresh one.
        rank: Of the LoRA.
        batch: Clips a step, over all processes and parts.
        parts: Parts of a process's share that are added up: less memory.
        shift: Shift of the noise levels; 0 takes the model's own.
        level_mean: Of the logit-normal distribution of noise levels.
        level_std: Of the same.
        wording: plain captions, or with the emotion in EmoVid's words.
        text_drop: Share of samples without words.
        joint_drop: Share of those without emotion as well.
        emotion_drop: Share of samples without emotion.
        words_for_emotion: Share of samples whose emotion is told by words instead.
        first_frame: Share of samples with a clean first frame, for models that take one so.
        checkpointing: Share of blocks that are recomputed in the backward pass.
        shard: Whether weights, gradients and optimiser are spread over the processes.
        bf16: Whether the frozen base is held in bfloat16.
        optimiser: adamw or adamw8bit.
        seed: Of weights, order and noise.
        loop: How long and how fast.
        validation: Whether and how it is measured.
    """

    base: str = "wan2.1-t2v-1.3b"
    data: str = "prepared"
    run: str = "runs/wan"
    train: str = "both"
    expert: str = "only"
    adapter: str = ""
    rank: int = 32
    batch: int = 8
    parts: int = 1
    shift: float = 0.0
    level_mean: float = 0.0
    level_std: float = 1.0
    wording: str = "plain"
    text_drop: float = 0.1
    joint_drop: float = 0.5
    emotion_drop: float = 0.1
    words_for_emotion: float = 0.1
    first_frame: float = 0.3
    checkpointing: float = 1.0
    shard: bool = False
    bf16: bool = True
    optimiser: str = "adamw"
    seed: int = 0
    loop: LoopConfig = field(
        default_factory=lambda: LoopConfig(lr=1e-4, ema=0.995, weight_decay=0.0)
    )
    validation: ValidationSettings = field(default_factory=ValidationSettings)


def build(settings: WanSettings, base: TuningBase) -> FineTunedWan:
    """Load the base and add what is trained."""
    dtype = torch.bfloat16 if settings.bf16 and settings.train != "full" else torch.float32
    transformer = WanTransformer3DModel.from_pretrained(
        base.folder / base.part, dtype=dtype
    )
    adapter = load_adapter(Path(settings.adapter)) if settings.adapter else None
    model = FineTunedWan(
        transformer, train=settings.train, rank=settings.rank, seed=settings.seed, adapter=adapter
    )
    checkpoint_blocks(transformer, settings.checkpointing)
    return model


def draw(data: PreparedSet, settings: WanSettings, base: TuningBase, step: int) -> dict:
    """Draw the whole batch of a step from (seed, step) alone."""
    g, count = step_generator(settings.seed, step), settings.batch
    bucket, rows = data.draw(count, g)
    clean, emotion = bucket.latents[rows].float(), bucket.emotion[rows].clone()
    chance = torch.rand(5, count, generator=g)
    told = chance[0] < settings.words_for_emotion
    silent = chance[1] < settings.text_drop
    unfelt = told | (chance[2] < settings.emotion_drop)
    emotion[unfelt | (silent & (chance[3] < settings.joint_drop))] = 0
    levels = NoiseLevels(
        shift=base.shift, mean=settings.level_mean, std=settings.level_std, low=base.low,
        high=base.high,
    )
    sigma = levels.sample(count, g)[:, None].repeat(1, clean.shape[2])
    if base.expand:
        sigma[chance[4] < settings.first_frame, 0] = 0
    captions = [
        "" if quiet else bucket.rows[row]["texts"]["told" if tell else settings.wording]
        for row, tell, quiet in zip(rows, told.tolist(), silent.tolist(), strict=True)
    ]
    found = {
        "clean": clean, "noise": torch.randn(clean.shape, generator=g), "sigma": sigma,
        "emotion": emotion, "states": data.texts.padded(captions),
    }
    if bucket.condition is not None:
        found["condition"] = bucket.condition[rows].float()
    if bucket.picture is not None:
        found["picture"] = bucket.picture[rows]
    return found


def make_loss(
    model: FineTunedWan,
    called: torch.nn.Module,
    draw_step: Callable[[int], dict],
    base: TuningBase,
    accelerator: Accelerator,
    settings: WanSettings,
) -> Callable[[int, int], Tensor]:
    """Return the loss of a part of a step, on this process's share of its batch.

    Args:
        model: For its configuration.
        called: The prepared model.
        draw_step: Draws a whole batch.
        base: What the base demands.
        accelerator: Who counts processes.
        settings: For parts and types.
    """
    config = model.transformer.config
    dtype = model.transformer.patch_embedding.weight.dtype
    pictured = config.in_channels != config.out_channels
    parts = settings.parts
    shares = accelerator.num_processes * parts
    rounded = settings.bf16 and settings.train == "full"  # its weights are kept in float32

    def loss(step: int, part: int) -> Tensor:
        batch = draw_step(step)
        begin = (accelerator.process_index * parts + part) * len(batch["clean"]) // shares
        end = begin + len(batch["clean"]) // shares
        share = {name: value[begin:end].to(accelerator.device) for name, value in batch.items()}

        def predict(noisy: Tensor, times: Tensor) -> Tensor:
            if pictured:
                noisy = torch.cat([noisy, shown(share["condition"]).to(noisy)], dim=1)
            picture = share.get("picture")
            return called(
                noisy, times if base.expand else times[:, 0], share["states"].to(dtype),
                share["emotion"], None if picture is None else picture.to(dtype),
            )

        with torch.autocast(accelerator.device.type, torch.bfloat16, enabled=rounded):
            return sample_loss(
                predict, share["clean"], share["noise"], share["sigma"], kind=base.kind, dtype=dtype
            )

    return loss


def prepare_data(
    settings: WanSettings, base: TuningBase, model: FineTunedWan, device: torch.device
) -> PreparedSet:
    """Read the caches and check that they are of this model."""
    data, config = read_prepared(Path(settings.data)), model.transformer.config
    for bucket in data.buckets:
        if bucket.latents.shape[1] != config.out_channels:
            raise InputError(
                f"{settings.data} holds latents of {bucket.latents.shape[1]} channels, the model"
                f" makes {config.out_channels}; prepare it with --model {settings.base}"
            )
        if config.in_channels != config.out_channels and bucket.condition is None:
            raise InputError(
                f"the model begins with a picture and {settings.data} has none cached; prepare it"
                " with first frames (condition)"
            )
    if config.image_dim is None:
        return data
    look = FirstFrameReader(base.folder, device)
    buckets = [bucket.with_pictures(look(bucket.latents)) for bucket in data.buckets]
    return PreparedSet(buckets=buckets, texts=data.texts)


def check_batch(settings: WanSettings, processes: int) -> None:
    """Raise an InputError unless the batch can be divided."""
    if settings.batch % (processes * settings.parts):
        raise InputError(
            f"expected a batch that {processes} processes of {settings.parts} parts share evenly,"
            f" got {settings.batch}"
        )
    if settings.wording not in ("plain", "emovid"):
        raise InputError(f"expected wording=plain or emovid, got {settings.wording!r}")


def make_validator(
    settings: WanSettings, base: TuningBase, model: FineTunedWan, accelerator: Accelerator
) -> Validator:
    """Return what samples with the model as it is and has the judge read the clips.

    Where no adapter takes part, the emotion is told in EmoVid's words.
    """
    chosen, told = settings.validation, settings.train == "lora" and not settings.adapter
    protocol = load_protocol(chosen.protocol)
    numbers = protocol.clip.given() | ({"steps": chosen.steps} if chosen.steps else {})
    defaults = asdict(read_defaults(base.folder))
    length, fps = (numbers.get(name, defaults[name]) for name in ("num_frames", "fps"))
    requests = validation_requests(chosen.protocol)

    def asked(request: ClipRequest) -> tuple[str, Trajectory]:
        text = words_of(request.prompt, request.emotion, identity="").emovid
        return text if told else request.prompt, request.trajectory((length - 1) / fps)

    pipeline = pipeline_in_training(
        base.folder, model.transformer, model.attached, expert=base.part,
        asked=map(asked, requests), device=accelerator.device,
    )

    def sample(request: ClipRequest) -> Clip:
        prompt, emotion = asked(request)
        with model.attached.using(None):  # what the last step of training felt is not meant here
            return pipeline(
                prompt, emotion=None if told else emotion, seed=request.seed, **numbers
            )

    return Validator(
        requests=requests, source=sample, folder=Path(settings.run) / "validation",
        process=accelerator.process_index, processes=accelerator.num_processes,
        together=settings.shard, gather=gather_object,
    )


def make_validation(
    settings: WanSettings, base: TuningBase, model: FineTunedWan, tracking: Tracking
) -> Validation | None:
    """Return when and how the run is measured, None where it is not."""
    if not settings.validation.every:
        return None
    run, validator = Path(settings.run), make_validator(settings, base, model, tracking.accelerator)

    def measure(step: int) -> Scores | None:
        with gathered(model):
            found = validator(step)
        if found is None:
            return None
        scores = {name: estimate.to_dict() for name, estimate in found.items()}
        sheet = validator.sheet()
        Image.fromarray(sheet).save(validator.place(step) / "sheet.png")
        tracking.validated(step, scores, sheet)
        print(json.dumps({"step": step, "validation": scores}), flush=True)
        return scores

    return Validation(
        every=settings.validation.every, measure=measure, by=settings.validation.best, folder=run,
        on_best=lambda weights: export_parts(
            model, weights, run / BEST, base_model=settings.base
        ),
    )


def begin_run(settings: WanSettings, accelerator: Accelerator, *, resume: bool) -> Path:
    """Make the folder of the run, say what it is run with, and clear what an earlier one left."""
    run = Path(settings.run)
    run.mkdir(parents=True, exist_ok=True)
    if accelerator.is_main_process:
        made = asdict(settings) | {"processes": accelerator.num_processes}
        (run / "config.json").write_text(json.dumps(made, indent=2))
        if not resume:
            for name in ("validation", BEST):
                rmtree(run / name, ignore_errors=True)
            (run / RECORDS).unlink(missing_ok=True)
    accelerator.wait_for_everyone()
    return run


def run_training(settings: WanSettings, *, resume: bool, track: str = "none") -> None:
    """Train, with checkpoints, measurements and exports on the way."""
    refuse_deepspeed()
    accelerator = Accelerator(
        mixed_precision="no", **accelerator_options(track, Path(settings.run))
    )
    check_batch(settings, accelerator.num_processes)
    set_seed(settings.seed)
    base = read_base(settings.base, expert=settings.expert, shift=settings.shift)
    model = build(settings, base)
    data = prepare_data(settings, base, model, accelerator.device)
    if settings.shard:
        shard(model, model.transformer.blocks, accelerator.device)
    optimiser = make_optimiser(
        list(model.trained().values()), kind=settings.optimiser, lr=settings.loop.lr,
        weight_decay=settings.loop.weight_decay,
    )
    called = model if settings.shard else accelerator.prepare_model(model)
    run = begin_run(settings, accelerator, resume=resume)
    tracking = Tracking(accelerator=accelerator, name=track, run=run)

    def tell(record: dict) -> None:
        print(json.dumps(record), flush=True)
        tracking.log(record)

    tuner = FineTuner(
        accelerator=accelerator, model=model, optimiser=optimiser, config=settings.loop,
        folder=run, parts=settings.parts, on_log=tell,
        loss=make_loss(
            model, called, lambda step: draw(data, settings, base, step), base, accelerator,
            settings,
        ),
        on_save=lambda weights: export_parts(
            model, weights, run / "model", base_model=settings.base
        ),
        validation=make_validation(settings, base, model, tracking),
    )
    if resume:
        tuner.resume()
    tracking.start(settings, step=tuner.step)
    tuner.run()
    accelerator.end_training()


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", type=Path)
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--track", default="none", metavar="|".join(TRACKERS))
    args = parser.parse_args()
    settings = read_settings(WanSettings(), args.preset, args.set)
    run_training(settings, resume=args.resume, track=args.track)


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
