"""Fine-tune a Wan model on a prepared corpus: emotion adapter, LoRA, both, or every weight.

``accelerate launch training/train_wan.py --preset training/presets/wan_emovid_lora.toml``

``--set base=FOLDER data=FOLDER loop.max_steps=2000 ...`` overrides the preset. On several GPUs:
``--config_file training/accelerate/gpus.yaml`` before the script, and ``--set shard=true`` where
the weights are to be spread over them (FSDP2). ``--resume`` goes on with a stopped run exactly
where it was, also on another number of GPUs. ``RUN/model`` gets the averaged weights with each
checkpoint: LoRA files for diffusers, ComfyUI and kohya, the adapter, or a whole transformer.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from diffusers import AutoencoderKLWan, WanTransformer3DModel
from torch import Tensor

from emogen.conditioning import load_adapter
from emogen.conditioning.finetuned import FineTunedWan, export_parts
from emogen.data.prepare.batches import Bucket, PreparedSet, read_prepared
from emogen.diffusion.backbones import INDEX
from emogen.diffusion.finetuning import NoiseLevels, checkpoint_blocks, sample_loss
from emogen.errors import EmogenError, InputError
from emogen.learning.finetuner import FineTuner, make_optimiser, shard
from emogen.learning.loop import LoopConfig, step_generator
from emogen.learning.presets import read_settings
from emogen.pipelines.loading import find_folder, read_defaults


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


@dataclass(frozen=True, kw_only=True)
class Base:
    """What the base model demands of training.

    Attributes:
        folder: Where it lies.
        kind: What it predicts.
        expand: Whether each latent frame has a time step of its own.
        boundary: Noise level that divides two experts, or None.
        shift: Of its noise schedule.
    """

    folder: Path
    kind: str
    expand: bool
    boundary: float | None
    shift: float


def read_base(settings: WanSettings) -> Base:
    """Return what a model folder says about how it is trained."""
    folder = find_folder(settings.base)
    index = json.loads((folder / INDEX).read_text())
    scheduler = json.loads((folder / "scheduler" / "scheduler_config.json").read_text())
    boundary = index.get("boundary_ratio")
    if (boundary is None) != (settings.expert == "only") or settings.expert not in _RANGES:
        raise InputError(
            f"expected expert={'only' if boundary is None else 'high or low'} for"
            f" {settings.base}, got {settings.expert!r}"
        )
    return Base(
        folder=folder,
        kind="sample" if scheduler.get("prediction_type") == "sample" else "velocity",
        expand=bool(index.get("expand_timesteps")), boundary=boundary,
        shift=settings.shift or read_defaults(folder).flow_shift,
    )


def build(settings: WanSettings, base: Base) -> FineTunedWan:
    """Load the base and add what is trained."""
    part = "transformer_2" if settings.expert == "low" else "transformer"
    dtype = torch.bfloat16 if settings.bf16 and settings.train != "full" else torch.float32
    transformer = WanTransformer3DModel.from_pretrained(base.folder / part, dtype=dtype)
    adapter = load_adapter(Path(settings.adapter)) if settings.adapter else None
    model = FineTunedWan(
        transformer, train=settings.train, rank=settings.rank, seed=settings.seed, adapter=adapter
    )
    checkpoint_blocks(transformer, settings.checkpointing)
    return model


def draw(data: PreparedSet, settings: WanSettings, base: Base, step: int) -> dict:
    """Draw the whole batch of a step from (seed, step) alone."""
    g, count = step_generator(settings.seed, step), settings.batch
    bucket, rows = data.draw(count, g)
    clean, emotion = bucket.latents[rows].float(), bucket.emotion[rows].clone()
    chance = torch.rand(5, count, generator=g)
    told = chance[0] < settings.words_for_emotion
    silent = chance[1] < settings.text_drop
    unfelt = told | (chance[2] < settings.emotion_drop)
    emotion[unfelt | (silent & (chance[3] < settings.joint_drop))] = 0
    low, high = _RANGES[settings.expert](base.boundary)
    levels = NoiseLevels(
        shift=base.shift, mean=settings.level_mean, std=settings.level_std, low=low, high=high
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
    base: Base,
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


def shown(condition: Tensor) -> Tensor:
    """Return mask and latents of a given first frame, [B, 4 + C, L, h, w], as Wan reads them."""
    mask = torch.zeros_like(condition[:, :1]).repeat(1, 4, 1, 1, 1)
    mask[:, :, 0] = 1
    return torch.cat([mask, condition], dim=1)


@torch.inference_mode()
def with_pictures(data: PreparedSet, base: Base, device: torch.device) -> PreparedSet:
    """Return the data with the CLIP states that Wan2.1's image-to-video models read.

    The first latent frame stands alone in Wan's code, so it is decoded for the eye to see.
    """
    from PIL import Image
    from transformers import CLIPImageProcessor, CLIPVisionModel

    vae = AutoencoderKLWan.from_pretrained(base.folder / "vae").to(device).eval()
    eye = CLIPVisionModel.from_pretrained(base.folder / "image_encoder").to(device).eval()
    processor = CLIPImageProcessor.from_pretrained(base.folder / "image_processor")
    shape = (1, -1, 1, 1, 1)
    mean = torch.tensor(vae.config.latents_mean, device=device).view(shape)
    std = torch.tensor(vae.config.latents_std, device=device).view(shape)

    def look(latents: Tensor) -> Tensor:
        first = latents[None, :, :1].to(device).float() * std + mean
        pixels = (vae.decode(first, return_dict=False)[0][0, :, 0].clamp(-1, 1) + 1) * 127.5
        picture = Image.fromarray(pixels.round().byte().permute(1, 2, 0).cpu().numpy())
        states = eye(
            processor(images=picture, return_tensors="pt").pixel_values.to(device),
            output_hidden_states=True,
        ).hidden_states[-2]
        return states[0].bfloat16().cpu()

    def seen(bucket: Bucket) -> Bucket:
        return bucket.with_pictures(torch.stack([look(clip) for clip in bucket.latents]))

    return PreparedSet(buckets=[seen(bucket) for bucket in data.buckets], texts=data.texts)


def prepare_data(
    settings: WanSettings, base: Base, model: FineTunedWan, device: torch.device
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
    return data if config.image_dim is None else with_pictures(data, base, device)


def check_batch(settings: WanSettings, processes: int) -> None:
    """Raise an InputError unless the batch can be divided."""
    if settings.batch % (processes * settings.parts):
        raise InputError(
            f"expected a batch that {processes} processes of {settings.parts} parts share evenly,"
            f" got {settings.batch}"
        )
    if settings.wording not in ("plain", "emovid"):
        raise InputError(f"expected wording=plain or emovid, got {settings.wording!r}")


def run_training(settings: WanSettings, *, resume: bool) -> None:
    """Train, with checkpoints and exports on the way."""
    run = Path(settings.run)
    accelerator = Accelerator(mixed_precision="no")
    check_batch(settings, accelerator.num_processes)
    set_seed(settings.seed)
    base = read_base(settings)
    model = build(settings, base)
    data = prepare_data(settings, base, model, accelerator.device)
    if settings.shard:
        shard(model, model.transformer.blocks, accelerator.device)
    optimiser = make_optimiser(
        list(model.trained().values()), kind=settings.optimiser, lr=settings.loop.lr,
        weight_decay=settings.loop.weight_decay,
    )
    called = model if settings.shard else accelerator.prepare_model(model)
    run.mkdir(parents=True, exist_ok=True)
    if accelerator.is_main_process:
        made = asdict(settings) | {"processes": accelerator.num_processes}
        (run / "config.json").write_text(json.dumps(made, indent=2))
    tuner = FineTuner(
        accelerator=accelerator, model=model, optimiser=optimiser, config=settings.loop,
        folder=run, parts=settings.parts,
        loss=make_loss(
            model, called, lambda step: draw(data, settings, base, step), base, accelerator,
            settings,
        ),
        on_log=lambda record: print(json.dumps(record), flush=True),
        on_save=lambda weights: export_parts(
            model, weights, run / "model", base_model=settings.base
        ),
    )
    if resume:
        tuner.resume()
    tuner.run()
    accelerator.end_training()


_RANGES: dict[str, Callable[[float | None], tuple[float, float]]] = {
    "only": lambda _: (0.0, 1.0),
    "high": lambda boundary: (boundary, 1.0),
    "low": lambda boundary: (0.0, boundary),
}
"""Noise levels that each expert works at."""


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", type=Path)
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE")
    parser.add_argument("--resume", action="store_true")
    args = parser.parse_args()
    run_training(read_settings(WanSettings(), args.preset, args.set), resume=args.resume)


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
