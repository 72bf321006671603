"""Train a Wan transformer with its emotion adapter on cached latents.

``accelerate launch training/train_video.py --preset training/presets/nano_stills.toml``

``--set loop.lr=1e-3 ...`` overrides settings of the preset. Stages build on each other by
``--start RUN_FOLDER``; ``--resume`` goes on with a stopped run exactly where it was. The weight
average is exported to ``RUN/model`` at the end and with each checkpoint.
"""

import argparse
import json
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from diffusers import WanTransformer3DModel
from torch import Tensor, nn
from transformers import AutoTokenizer, PreTrainedTokenizerFast, UMT5EncoderModel

from emogen.conditioning import load_adapter
from emogen.conditioning.emotion_adapter import EmotionAdapter, EmotionAdapterConfig
from emogen.data.latents import LatentTable, read_table
from emogen.diffusion.denoiser import denoise, fold_padding, text_context
from emogen.diffusion.nano import build_text_encoder, build_tokenizer, build_transformer
from emogen.diffusion.objective import add_noise, flow_loss, sample_sigma
from emogen.errors import EmogenError
from emogen.learning.average import WeightAverage
from emogen.learning.checkpoint import load_state
from emogen.learning.loop import LoopConfig, Trainer, step_generator
from emogen.learning.presets import read_settings

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """What to train on what.

    Attributes:
        data: Folder of cached latents.
        run: Folder for checkpoints and logs.
        subjects: Class words to train on; none takes all.
        without: Captions that hold one of these phrases are left out.
        frames: Latent frames a sample; 1 draws a random one of the clip, 0 takes all.
        batch: Samples a step.
        shift: Shift of the noise level towards noise.
        text_drop: Part of the samples that train without words.
        joint_drop: Part of those that train without emotion as well.
        words_for_emotion: Part of the emotional samples whose emotion is told by words instead.
        first_frame: Part of the samples whose first frame is given clean.
        text_tokens: Longest caption in tokens.
        heads: Attention heads of 64.
        layers: Transformer blocks.
        seed: Seed of weights, order and noise.
        compile: Whether to compile the loss.
        loop: How long and how fast.
    """

    data: str = "cache/nano/train"
    run: str = "runs/nano"
    subjects: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    frames: int = 0
    batch: int = 16
    shift: float = 3.0
    text_drop: float = 0.12
    joint_drop: float = 0.5
    words_for_emotion: float = 0.12
    first_frame: float = 0.0
    text_tokens: int = 28
    heads: int = 5
    layers: int = 7
    seed: int = 0
    compile: bool = True
    loop: LoopConfig = field(default_factory=LoopConfig)


class EmotionalVideoModel(nn.Module):
    """Transformer, text encoder and emotion adapter, trained together."""

    def __init__(self, config: TrainConfig, tokenizer: PreTrainedTokenizerFast) -> None:
        super().__init__()
        self.transformer = build_transformer(
            heads=config.heads, layers=config.layers, seed=config.seed
        )
        self.text_encoder = build_text_encoder(tokenizer)
        self.adapter = EmotionAdapter(EmotionAdapterConfig.for_transformer(self.transformer))


def draw_batch(table: LatentTable, config: TrainConfig, step: int) -> dict[str, Any]:
    """Draw the samples, conditions and noise of one step from (seed, step) alone."""
    g = step_generator(config.seed, step)
    rows = torch.randint(len(table), (config.batch,), generator=g)
    length = config.frames or table.latents.shape[2]
    start = torch.randint(
        table.latents.shape[2] - length + 1, (config.batch,), generator=g
    ).tolist()
    spans = list(zip(rows.tolist(), start, strict=True))
    clean = torch.stack([table.latents[row, :, s : s + length] for row, s in spans]).float()
    emotion = torch.stack([table.emotion[row, s : s + length] for row, s in spans])
    chance = torch.rand(4, config.batch, generator=g)
    told = chance[0] < config.words_for_emotion
    silent = chance[1] < config.text_drop
    emotion[told | (silent & (chance[2] < config.joint_drop))] = 0
    captions = [
        caption_of(table, int(row), bool(t), bool(s))
        for row, t, s in zip(rows, told, silent, strict=True)
    ]
    sigma = sample_sigma(config.batch, shift=config.shift, generator=g)[:, None].repeat(
        1, clean.shape[2]
    )
    sigma[chance[3] < config.first_frame, 0] = 0
    noise = torch.randn(clean.shape, generator=g)
    return {
        "clean": clean,
        "noise": noise,
        "sigma": sigma,
        "emotion": emotion,
        "captions": captions,
    }


def caption_of(table: LatentTable, row: int, told: bool, silent: bool) -> str:  # noqa: FBT001
    """Return the words of a sample."""
    if silent:
        return ""
    phrase = table.emotion_phrases[row]
    return f"{table.captions[row]}, {phrase}" if told and phrase else table.captions[row]


def make_loss(
    model: EmotionalVideoModel,
    table: LatentTable,
    tokenizer: PreTrainedTokenizerFast,
    config: TrainConfig,
) -> Callable[[int], Tensor]:
    """Return the loss of a step."""

    def core(embeddings: Tensor, bias: Tensor, batch: dict[str, Tensor]) -> Tensor:
        text = text_context(model.transformer, embeddings, bias)
        noisy = add_noise(batch["clean"], batch["noise"], batch["sigma"])
        prediction = denoise(
            model.transformer, noisy, batch["sigma"] * 1000, text, model.adapter(batch["emotion"])
        )
        return flow_loss(prediction, batch["clean"], batch["noise"], batch["sigma"], kind="sample")

    compiled = torch.compile(core) if config.compile else core

    ahead = ThreadPoolExecutor(max_workers=1)
    drawn: dict[int, Future] = {}

    def loss(step: int) -> Tensor:
        batch = drawn.pop(step).result() if step in drawn else draw_batch(table, config, step)
        drawn[step + 1] = ahead.submit(draw_batch, table, config, step + 1)
        tokens = tokenizer(
            batch.pop("captions"),
            padding="max_length",
            max_length=config.text_tokens,
            truncation=True,
            return_tensors="pt",
        )
        device = next(model.parameters()).device
        batch = {name: value.to(device) for name, value in batch.items()}
        with torch.autocast(device.type, torch.bfloat16):
            ids, mask = tokens.input_ids.to(device), tokens.attention_mask.to(device)
            states = model.text_encoder(ids, attention_mask=mask).last_hidden_state
            return compiled(*fold_padding(states, mask.bool()), batch)

    return loss


def export(
    model: EmotionalVideoModel,
    trainer: Trainer,
    tokenizer: PreTrainedTokenizerFast,
    config: TrainConfig,
) -> None:
    """Write the averaged weights as diffusers and transformers folders."""
    folder = Path(config.run) / "model"
    current = {name: p.detach().clone() for name, p in model.named_parameters()}
    trainer.average.copy_to(model.named_parameters())
    model.transformer.save_pretrained(folder / "transformer")
    model.text_encoder.save_pretrained(folder / "text_encoder")
    tokenizer.save_pretrained(folder / "tokenizer")
    torch.save(model.adapter.state_dict(), folder / "adapter.pt")
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(current[name])


def main() -> None:
    """Read the command line, train, export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", type=Path)
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE")
    parser.add_argument(
        "--start", type=Path, help="run or model folder whose averaged weights this run starts from"
    )
    parser.add_argument("--resume", action="store_true")
    args = parser.parse_args()
    config = read_settings(TrainConfig(), args.preset, args.set)
    run = Path(config.run)
    run.mkdir(parents=True, exist_ok=True)
    (run / "config.json").write_text(json.dumps(asdict(config), indent=2))

    torch.set_flush_denormal(True)
    set_seed(config.seed)
    accelerator = Accelerator(mixed_precision="no")
    table = read_table(Path(config.data), subjects=config.subjects, without=config.without)
    tokenizer = _tokenizer(args, run, table)
    model = EmotionalVideoModel(config, tokenizer).to(accelerator.device)
    trainer = Trainer(
        model=model,
        loss=make_loss(model, table, tokenizer, config),
        config=config.loop,
        folder=run,
        on_log=lambda record: print(json.dumps(record), flush=True),
    )
    if args.resume:
        trainer.resume()
    elif args.start:
        start_from(args.start, model, trainer)
    trainer.on_save = lambda: export(model, trainer, tokenizer, config)
    trainer.run()


def start_from(folder: Path, model: EmotionalVideoModel, trainer: Trainer) -> None:
    """Take over averaged weights: from a run folder, or from an assembled model such as nano."""
    if (folder / "last.pt").is_file():
        trainer.average.load_state_dict(load_state(folder / "last.pt")["average"])
        trainer.average.copy_to(model.named_parameters())
    else:
        loaded = {
            "transformer": WanTransformer3DModel.from_pretrained(folder / "transformer"),
            "text_encoder": UMT5EncoderModel.from_pretrained(folder / "text_encoder"),
            "adapter": load_adapter(folder / "emotion_adapter"),
        }
        for name, part in loaded.items():
            getattr(model, name).load_state_dict(part.float().state_dict())
    trainer.average = WeightAverage(model.named_parameters(), limit=trainer.config.ema)


def _tokenizer(args: argparse.Namespace, run: Path, table: LatentTable) -> PreTrainedTokenizerFast:
    """Return the tokenizer of the model that is continued, or one that knows the captions."""
    source = run if args.resume else args.start
    if source is None:
        return build_tokenizer([*table.captions, *table.emotion_phrases])
    inner = source / "model" / "tokenizer"
    return AutoTokenizer.from_pretrained(inner if inner.is_dir() else source / "tokenizer")


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
