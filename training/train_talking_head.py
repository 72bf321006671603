"""Train a talking head on cached sessions: audio, motion and emotion into a Wan transformer.

``accelerate launch training/train_talking_head.py --preset PRESET.toml``, see ``training/presets``.

``--set batch=8 loop.lr=5e-4 ...`` overrides settings of the preset; ``--resume`` goes on with a
stopped run exactly where it was. The base model stays as it is: what is trained are the head
(`emogen.conditioning.talking_head`) and a LoRA on the transformer. ``cache_talking_head.py`` writes
the sessions. With each checkpoint the averaged weights go to ``RUN/model``, a folder that
``load_talking_head`` opens; ``export_talking_head.py`` puts a card and a decoder to them.
"""

import argparse
import json
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from diffusers import WanTransformer3DModel
from torch import Tensor, nn

from emogen.conditioning.head_weights import SavedHead, save_head
from emogen.conditioning.lora import add_lora, lora_state
from emogen.conditioning.talking_head import (
    NANO_SIZES,
    WAN_SIZES,
    TalkingHead,
    TalkingHeadConfig,
)
from emogen.data.talking_head.sessions import STRIDE, SessionTable, by_latent, read_sessions
from emogen.diffusion.denoiser import denoise, text_context
from emogen.diffusion.face_loss import face_weights, mouth_losses, weighted_flow_loss
from emogen.diffusion.objective import Prediction, add_noise, sample_sigma
from emogen.errors import EmogenError, InputError
from emogen.learning.average import WeightAverage
from emogen.learning.checkpoint import load_state
from emogen.learning.loop import LoopConfig, Trainer, step_generator
from emogen.learning.presets import read_settings
from emogen.motion.ear import Ear
from emogen.motion.heard_features import ear_margin, heard_layers
from emogen.motion.talking import SOUND_WIDTH, around_of
from emogen.motion.weights import load_speaker
from emogen.pipelines.loading import Components, load_components
from emogen.pipelines.sampling import encode_text
from emogen.pipelines.talking.settings import HeadSettings

AROUND = 2
"""Frames that are heard before and after a clip."""


@dataclass(frozen=True, kw_only=True)
class TalkingConfig:
    """What to train on what.

    Attributes:
        data: Folder of cached sessions.
        run: Folder for checkpoints and logs.
        base: Model name or folder.
        ear: Folder of the ear that hears packed sound; empty for the shipped one.
        sizes: "nano" or "wan", the sizes of the head.
        frames: Latent frames of a clip.
        batch: Clips a step.
        shift: Shift of the noise level towards noise.
        prefix: Part of the clips whose first latents are given clean, as those of a next chunk.
        prefix_frames: How many latents that are.
        drop_all: Part of the clips without audio, sketch and motion.
        drop_audio: Part of the others without audio.
        drop_sketch: Part of the others without sketch.
        drop_motion: Part of the others without motion channels.
        drop_emotion: Part without emotion.
        drop_text: Part without words.
        face: Weight of the face in the loss.
        lips: Weight of the lips in the loss.
        mouth_loss: Weight of the looks of the decoded mouth.
        sync_loss: Weight of the movement of the decoded mouth.
        decoded_below: Noise level below which mouths are decoded.
        lora_rank: Rank of the LoRA.
        portrait_copy: Whether the portrait is copied onto the clip.
        seed: Seed of weights, order and noise.
        compile: Whether to compile the loss.
        loop: How long and how fast.
    """

    data: str = "cache/talking_head/train"
    run: str = "runs/talking-head"
    base: str = "nano"
    ear: str = ""
    sizes: str = "nano"
    frames: int = 9
    batch: int = 16
    shift: float = 3.0
    prefix: float = 0.5
    prefix_frames: int = 3
    drop_all: float = 0.08
    drop_audio: float = 0.05
    drop_sketch: float = 0.25
    drop_motion: float = 0.25
    drop_emotion: float = 0.15
    drop_text: float = 0.1
    face: float = 2.0
    lips: float = 5.0
    mouth_loss: float = 0.0
    sync_loss: float = 0.0
    decoded_below: float = 0.6
    lora_rank: int = 32
    portrait_copy: bool = False
    seed: int = 0
    compile: bool = True
    loop: LoopConfig = field(default_factory=LoopConfig)


SIZES = {"nano": NANO_SIZES, "wan": WAN_SIZES}


class TalkingModel(nn.Module):
    """The head and the transformer with its LoRA; nothing else has gradients.

    Args:
        parts: the base model.
        config: sizes and seed.
        heard: layers and width of the audio features.
    """

    def __init__(self, parts: Components, config: TalkingConfig, heard: tuple[int, int]) -> None:
        super().__init__()
        if config.sizes not in SIZES:
            raise InputError(f"expected sizes {' or '.join(SIZES)}, got {config.sizes!r}")
        chosen = SIZES[config.sizes] | {"audio_layers": heard[0], "audio_width": heard[1]}
        sizes = TalkingHeadConfig.for_transformer(
            parts.transformer, **chosen, lora_rank=config.lora_rank,
            portrait_copy=int(config.portrait_copy),
        )  # fmt: skip
        torch.manual_seed(config.seed)
        self.head = TalkingHead(sizes)
        if parts.adapter is not None and parts.adapter.config == self.head.emotion.config:
            self.head.emotion.load_state_dict(parts.adapter.state_dict())
        self.transformer: WanTransformer3DModel = parts.transformer
        add_lora(self.transformer, rank=config.lora_rank, seed=config.seed)


@dataclass(frozen=True, kw_only=True)
class Material:
    """What is learned from.

    Attributes:
        table: The sessions.
        features: Audio features of each session's frames and two more to either side,
            [N, F + 4, Y, V].
        ear: What heard them; None where they were cached.
        words: Embeddings and logit bias of all captions, the empty one last.
        places: Row of ``words`` of each session.
    """

    table: SessionTable
    features: Tensor
    ear: Ear | None
    words: tuple[Tensor, Tensor]
    places: Tensor


def gather(parts: Components, config: TalkingConfig) -> Material:
    """Read the sessions, hear their sound and encode their captions."""
    table = read_sessions(Path(config.data))
    if table.clip_frames < config.frames:
        raise InputError(
            f"expected sessions of at least {config.frames} latent frames, got"
            f" {table.clip_frames}; set frames={table.clip_frames}"
        )
    captions = sorted(set(table.captions))
    with torch.inference_mode():
        words = tuple(part.float().cpu().clone() for part in encode_text(parts, [*captions, ""]))
    ear = None if table.sound.ndim == 4 else load_speaker(config.ear or None).ear
    return Material(
        table=table, features=features_of(table, ear), ear=ear, words=words,
        places=torch.tensor([captions.index(caption) for caption in table.captions]),
    )  # fmt: skip


def features_of(table: SessionTable, ear: Ear | None) -> Tensor:
    """Return audio features [N, F + 4, Y, V]: those cached, or what an ear hears in the sound."""
    if ear is None:
        return table.sound.float()
    if table.sound.shape[-1] != SOUND_WIDTH:
        raise InputError(
            f"expected sound of {SOUND_WIDTH} numbers a frame, got {table.sound.shape[-1]};"
            " write the sessions again"
        )
    margin = ear_margin(ear)
    spare = (table.sound.shape[1] - 4 * (table.motion.shape[1] + 2 * AROUND)) // 2 - margin
    if spare < 0:
        raise InputError("expected sound around the sessions for this ear; write them again")
    rows = table.sound[:, spare : table.sound.shape[1] - spare].float().numpy()
    return torch.stack([
        torch.from_numpy(heard_layers(ear, around_of(row, margin=margin), margin=margin))
        for row in rows
    ])  # fmt: skip


def draw_batch(material: Material, config: TalkingConfig, step: int) -> dict[str, Tensor]:
    """Draw the clips, conditions and noise of one step from (seed, step) alone."""
    g = step_generator(config.seed, step)
    table, count = material.table, config.batch
    rows = torch.randint(len(table), (count,), generator=g)
    starts = torch.randint(table.starts, (count,), generator=g)
    moments = torch.randint(table.references.shape[2], (count,), generator=g)
    pairs = list(zip(rows.tolist(), starts.tolist(), strict=True))
    clips = [table.clip(row, start, config.frames) for row, start in pairs]
    spans = [(row, table.frames(start, config.frames)) for row, start in pairs]
    around = [(row, slice(span.start, span.stop + 2 * AROUND)) for row, span in spans]
    sigma = sample_sigma(count, shift=config.shift, generator=g)[:, None].repeat(1, config.frames)
    continued = torch.rand(count, generator=g) < config.prefix
    sigma[continued, : config.prefix_frames] = 0
    clean = torch.stack([clip for clip, _ in clips])
    batch = {
        "clean": clean,
        "sketch": torch.stack([sketch for _, sketch in clips]),
        "reference": torch.stack([
            table.references[row, :, [moment]].float()
            for row, moment in zip(rows.tolist(), moments.tolist(), strict=True)
        ]),
        "audio": torch.stack([material.features[row, span] for row, span in around]),
        "motion": torch.stack([table.motion[row, span] for row, span in spans]),
        "emotion": by_latent(torch.stack([table.emotion[row, span] for row, span in spans])),
        "boxes": torch.stack([table.boxes[row, span] for row, span in spans]),
        "sigma": sigma,
        "noise": torch.randn(clean.shape, generator=g),
    }  # fmt: skip
    silent = torch.rand(count, generator=g) < config.drop_text
    places = torch.where(silent, len(material.words[0]) - 1, material.places[rows])
    batch |= {"text": material.words[0][places], "bias": material.words[1][places]}
    return batch | dropped(config, g)


def dropped(config: TalkingConfig, generator: torch.Generator) -> dict[str, Tensor]:
    """Draw which clips go without which condition, bool [B] by "no_" and its name."""
    chance = torch.rand(5, config.batch, generator=generator)
    everything = chance[0] < config.drop_all
    return {
        "no_audio": everything | (chance[1] < config.drop_audio),
        "no_motion_latents": everything | (chance[2] < config.drop_sketch),
        "no_motion": everything | (chance[3] < config.drop_motion),
        "no_emotion": chance[4] < config.drop_emotion,
    }


def make_loss(
    model: TalkingModel, parts: Components, material: Material, config: TalkingConfig
) -> Callable[[int], Tensor]:
    """Return the loss of a step."""
    kind: Prediction = (
        "sample" if parts.scheduler.config.prediction_type == "sample" else "velocity"
    )
    cell = parts.vae.config.scale_factor_spatial
    decodes = config.mouth_loss > 0 or config.sync_loss > 0

    def core(batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        text = text_context(model.transformer, batch["text"], batch["bias"])
        noisy = add_noise(batch["clean"], batch["noise"], batch["sigma"])
        condition = model.head.condition(
            audio=batch["audio"], motion_latents=batch["sketch"], motion=batch["motion"],
            emotion=batch["emotion"], reference=batch["reference"],
            drop={name[3:]: mask for name, mask in batch.items() if name.startswith("no_")},
        )  # fmt: skip
        latents = torch.cat([batch["reference"], noisy], dim=2)
        times = torch.nn.functional.pad(1000 * batch["sigma"], (1, 0))
        prediction = denoise(model.transformer, latents, times, text, condition)[:, :, 1:].float()
        weights = face_weights(
            batch["boxes"], size=noisy.shape[3:], cell=cell, face=config.face, lips=config.lips
        )
        error = weighted_flow_loss(
            prediction, batch["clean"], batch["noise"], batch["sigma"], weights=weights, kind=kind
        )
        level = batch["sigma"][:, None, :, None, None]
        return error, prediction if kind == "sample" else noisy - level * prediction

    compiled = torch.compile(core) if config.compile else core
    ahead = ThreadPoolExecutor(max_workers=1)
    drawn: dict[int, Future] = {}

    def loss(step: int) -> Tensor:
        batch = drawn.pop(step).result() if step in drawn else draw_batch(material, config, step)
        drawn[step + 1] = ahead.submit(draw_batch, material, config, step + 1)
        device = next(model.head.parameters()).device
        batch = {name: value.to(device) for name, value in batch.items()}
        with torch.autocast(device.type, torch.bfloat16):
            error, sample = compiled(batch)
            if not decodes:
                return error
            looks, movement = mouth_losses(
                parts.vae, sample, batch["clean"], boxes=batch["boxes"], cell=cell,
                near=batch["sigma"].amax(dim=1) < config.decoded_below,
            )  # fmt: skip
            return error + config.mouth_loss * looks + config.sync_loss * movement

    return loss


def sampled_as(config: TalkingConfig) -> HeadSettings:
    """Return how the head is sampled: in chunks as long as the clips that it learns.

    Raises:
        InputError: no chunk goes on from the one before in clips so short.
    """
    return HeadSettings(num_frames=STRIDE * (config.frames - 1) + 1)


def export(
    model: TalkingModel, trainer: Trainer, material: Material, config: TalkingConfig
) -> None:
    """Write the averaged weights to ``RUN/model``, a folder that ``load_talking_head`` opens."""
    trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    current = [p.detach().clone() for _, p in trained]
    trainer.average.copy_to(trained)
    settings = sampled_as(config).to_dict()
    settings |= {"trained_steps": trainer.step, "training": asdict(config)}
    parts = {}
    if material.ear is not None:
        parts["ear"] = material.ear.state_dict()
        settings["ear"] = asdict(material.ear.shape)
    saved = SavedHead(
        head=model.head, own_emotion=True, lora=lora_state(model.transformer), parts=parts,
        base_model=config.base, settings=settings,
    )  # fmt: skip
    save_head(saved, Path(config.run) / "model")
    with torch.no_grad():
        for (_, parameter), value in zip(trained, current, strict=True):
            parameter.copy_(value)


def start_from(run: Path, model: TalkingModel, trainer: Trainer) -> None:
    """Take over the averaged weights of another run; parts that it did not have stay fresh.

    Raises:
        InputError: it trained a part that this model lacks, or one of another shape.
    """
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    average = load_state(run / "last.pt")["average"]["shadow"]
    odd = [name for name, value in average.items()
           if name not in trained or trained[name].shape != value.shape]  # fmt: skip
    if odd:
        raise InputError(f"expected {odd[0]} of {run} in this model, too; use the same sizes")
    with torch.no_grad():
        for name, value in average.items():
            trained[name].copy_(value)
    trainer.average = WeightAverage(trained.items(), limit=trainer.config.ema)


def main() -> None:
    """Read the command line, train, export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", type=Path)
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE")
    parser.add_argument(
        "--start", type=Path, help="run folder whose averaged weights this run starts from"
    )
    parser.add_argument("--resume", action="store_true")
    args = parser.parse_args()
    config = read_settings(TalkingConfig(), args.preset, args.set)
    sampled_as(config)  # refuses what could not be exported, before an hour is spent on it
    run = Path(config.run)
    run.mkdir(parents=True, exist_ok=True)
    (run / "config.json").write_text(json.dumps(asdict(config), indent=2))
    torch.set_flush_denormal(True)
    set_seed(config.seed)
    accelerator = Accelerator(mixed_precision="no")
    large = config.sizes == "wan"
    parts = load_components(
        config.base, device=str(accelerator.device),
        dtype=torch.bfloat16 if large else torch.float32,
    )  # fmt: skip
    parts.vae.requires_grad_(requires_grad=False)
    material = gather(parts, config)
    heard = (material.features.shape[2], material.features.shape[3])
    model = TalkingModel(parts, config, heard).to(accelerator.device)
    trainer = Trainer(
        model=model, loss=make_loss(model, parts, material, config), config=config.loop,
        folder=run, on_log=lambda record: print(json.dumps(record), flush=True),
    )  # fmt: skip
    if args.resume:
        trainer.resume()
    elif args.start:
        start_from(args.start, model, trainer)
    trainer.on_save = lambda: export(model, trainer, material, config)
    trainer.run()


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
