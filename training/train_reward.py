"""Tune a small Wan model on a reward: gradients of what a reader sees, through the last steps.

``accelerate launch training/train_reward.py --preset training/presets/reward_nano.toml``

``--set loop.lr=1e-3 ...`` overrides settings of the preset; ``--resume`` goes on with a stopped run
exactly where it was. The reward is the probe, which also chooses the best of several clips; it must
not judge what comes out: ``benchmarks/reward.py`` has that done by judges that took no part. The
averaged weights go to ``RUN/model`` with each checkpoint, a LoRA and, if it was trained, the
emotion adapter: ``emogen generate --lora RUN/model/lora.safetensors``.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from accelerate.utils import set_seed
from torch import Tensor

from emogen.conditioning.finetuned import FineTunedWan, export_parts
from emogen.data.reward_requests import RewardRequest, training_request
from emogen.diffusion.guidance import plan
from emogen.emotion import MIKELS
from emogen.errors import EmogenError, InputError
from emogen.evaluation.probe import Probe
from emogen.evaluation.reward import ProbeReward
from emogen.learning.loop import LoopConfig, Trainer, step_generator
from emogen.learning.optimiser import JointOptimiser
from emogen.learning.presets import read_settings
from emogen.pipelines.differentiable import (
    Unrolling,
    check_last_steps,
    check_tunable,
    decode_window,
    unroll,
    window_frames,
)
from emogen.pipelines.loading import Components, load_components

_PARTS = ("lora", "adapter", "both")


@dataclass(frozen=True, kw_only=True)
class RewardSettings:
    """What to tune on what.

    Attributes:
        base: nano or a folder that emogen's own passes can run, with an emotion adapter.
        run: Folder for checkpoints and logs.
        train: lora, adapter or both.
        rank: Of the LoRA.
        batch: Clips a step.
        steps: Denoising steps of a clip.
        last_steps: Steps that gradients flow through (K of DRaFT-K).
        guidance: Text guidance; 1 is none.
        emotion_guidance: Emotion guidance.
        window: Latent frames of each clip that are decoded and read.
        anchor: Weight of the drift from the base.
        spoil: Whether frames are moved, mirrored and made noisy before they are read.
        seed: Of weights, requests and noise.
        loop: How long and how fast.
    """

    base: str = "nano"
    run: str = "runs/reward"
    train: str = "lora"
    rank: int = 16
    batch: int = 8
    steps: int = 4
    last_steps: int = 2
    guidance: float = 1.0
    emotion_guidance: float = 1.0
    window: int = 2
    anchor: float = 1.0
    spoil: bool = True
    seed: int = 0
    loop: LoopConfig = field(
        default_factory=lambda: LoopConfig(lr=1e-3, weight_decay=0.0, warmup=10)
    )


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """The requests of one step.

    Attributes:
        prompts: N texts.
        emotion: [N, L, 12].
        noise: [N, C, L, h, w].
        start: First latent frame that is read, the same for all.
        spoil: Source of what is done to frames.
    """

    prompts: list[str]
    emotion: Tensor
    noise: Tensor
    start: int
    spoil: torch.Generator


def draw(parts: Components, settings: RewardSettings, step: int) -> Drawn:
    """Draw the requests, noise and window of a step from (seed, step) alone."""
    g, base = step_generator(settings.seed, step), parts.defaults
    length = (base.num_frames - 1) // 4 + 1
    rng = np.random.default_rng([settings.seed, step])
    seconds = (base.num_frames - 1) / base.fps
    requests = [training_request(rng, seconds=seconds) for _ in range(settings.batch)]
    side = parts.vae.config.scale_factor_spatial
    shape = (settings.batch, parts.vae.config.z_dim, length, base.height // side,
             base.width // side)  # fmt: skip
    return Drawn(
        prompts=[request.prompt for request in requests],
        emotion=torch.from_numpy(np.stack([_vectors(parts, one) for one in requests])),
        noise=torch.randn(shape, generator=g),
        start=int(torch.randint(length - settings.window + 1, (), generator=g)),
        spoil=g,
    )


def _vectors(parts: Components, request: RewardRequest) -> np.ndarray:
    return request.emotion.latent(parts.defaults.num_frames, parts.defaults.fps)


def asked_of(emotion: Tensor, frames: list[int]) -> Tensor:
    """Return distributions over Mikels' eight and neutral [B, T, 9] of latent frames by number.

    Args:
        emotion: [B, L, 12].
        frames: T numbers of latent frames.
    """
    weights = emotion[:, frames, : len(MIKELS)]
    return torch.cat([weights, 1 - weights.sum(-1, keepdim=True)], dim=-1)


def make_loss(
    tuned: Components, reference: Components, reward: ProbeReward, settings: RewardSettings,
    said: dict[str, float],
) -> Callable[[int], Tensor]:  # fmt: skip
    """Return the loss of a step: divergence of what is read, and the weighed drift.

    Args:
        tuned: The model that is trained.
        reference: What it began as.
        reward: What it is rewarded by.
        settings: For sampling and weights.
        said: Filled with the parts of the last loss, for the log.
    """
    guidance = plan(
        text_scale=settings.guidance, emotion_scale=settings.emotion_guidance, emotional=True
    )

    def loss(step: int) -> Tensor:
        drawn = draw(tuned, settings, step)
        asked = Unrolling(
            prompts=drawn.prompts, negative_prompt=tuned.defaults.negative_prompt,
            emotion=drawn.emotion, noise=drawn.noise, guidance=guidance, steps=settings.steps,
            flow_shift=tuned.defaults.flow_shift, last_steps=settings.last_steps,
        )
        made = unroll(tuned, asked, reference=reference)
        video = decode_window(tuned, made.latents, start=drawn.start, length=settings.window)
        wanted = asked_of(drawn.emotion, window_frames(drawn.start, settings.window))
        read = reward(video, wanted, spoil=drawn.spoil if settings.spoil else None)
        said.update(
            divergence=round(read.divergence.mean().item(), 5),
            reward=round(read.overlap.mean().item(), 5),
            drift=round(made.drift.mean().item(), 6),
        )
        return read.divergence.mean() + settings.anchor * made.drift.mean()

    return loss


def check(settings: RewardSettings, parts: Components) -> None:
    """Raise an InputError if these settings cannot be trained."""
    length = (parts.defaults.num_frames - 1) // 4 + 1
    check_tunable(parts)
    check_last_steps(settings.last_steps, settings.steps)
    if settings.train not in _PARTS:
        raise InputError(f"expected train={', '.join(_PARTS)}, got {settings.train!r}")
    if not 1 <= settings.window <= length:
        raise InputError(f"expected a window of 1 to {length} latent frames, got {settings.window}")
    if settings.emotion_guidance == 0:
        raise InputError("expected an emotion_guidance other than 0: no pass would see the emotion")
    if settings.anchor < 0:
        raise InputError(f"expected an anchor of at least 0, got {settings.anchor:g}")


def run_training(settings: RewardSettings, *, resume: bool) -> None:
    """Tune, with checkpoints and exports on the way."""
    set_seed(settings.seed)
    run = Path(settings.run)
    parts, reference = load_components(settings.base), load_components(settings.base)
    check(settings, parts)
    model = FineTunedWan(
        parts.transformer, train=settings.train, rank=settings.rank, seed=settings.seed,
        adapter=parts.adapter,
    )
    for module in (parts.vae, parts.text_encoder):
        module.requires_grad_(requires_grad=False)
    run.mkdir(parents=True, exist_ok=True)
    (run / "config.json").write_text(json.dumps(asdict(settings), indent=2))
    said: dict[str, float] = {}
    rate = {"lr": settings.loop.lr, "weight_decay": settings.loop.weight_decay}
    trainer = Trainer(
        model=model, config=settings.loop, folder=run,
        loss=make_loss(parts, reference, ProbeReward(Probe.load()), settings, said),
        optimiser=JointOptimiser([
            torch.optim.AdamW(list(model.trained().values()), betas=(0.9, 0.95), **rate)
        ]),
        on_log=lambda record: tell(record | said, run / "rewards.jsonl"),
    )
    if resume:
        trainer.resume()
    trainer.on_save = lambda: export_parts(
        model, trainer.average.shadow, run / "model", base_model=settings.base
    )
    trainer.run()


def tell(record: dict, path: Path) -> None:
    """Print a log record and keep it."""
    line = json.dumps(record)
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    print(line, flush=True)


def main() -> None:
    """Read the command line and tune."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", type=Path)
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE")
    parser.add_argument("--resume", action="store_true")
    args = parser.parse_args()
    run_training(read_settings(RewardSettings(), args.preset, args.set), resume=args.resume)


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
