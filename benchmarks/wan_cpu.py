"""A transformer of Wan2.1-1.3B's size on the processor: one training step, one small clip.

``python benchmarks/wan_cpu.py``

The weights are random: what is shown is that the real size goes through every part, in how much
memory. Trained are a LoRA of rank 32 and the emotion adapter, on bfloat16 weights with recomputed
blocks; the clip is made by the whole pipeline, with an emotion, and the real autoencoder's size.
The text encoder has the real width but one layer. Writes ``benchmarks/results/wan_cpu.json``.
"""

import argparse
import json
import platform
import resource
import time
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKLWan,
    UniPCMultistepScheduler,
    WanPipeline,
    WanTransformer3DModel,
)
from torch import nn
from transformers import UMT5Config, UMT5EncoderModel

from emogen.conditioning.finetuned import FineTunedWan
from emogen.diffusion.backbones import BACKBONES
from emogen.diffusion.finetuning import NoiseLevels, checkpoint_blocks, sample_loss
from emogen.diffusion.nano import build_tokenizer
from emogen.diffusion.untrained import random_transformer
from emogen.emotion import parse
from emogen.learning.finetuner import make_optimiser
from emogen.pipelines import Components, EmotionalVideoPipeline
from emogen.pipelines.loading import Defaults
from emogen.pipelines.plain import PlainModel

PROMPT = "a red robot in a forest"
RESULT = Path(__file__).parent / "results" / "wan_cpu.json"


def main() -> None:
    """Build, train a step, make a clip, write what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="wan2.1-t2v-1.3b", choices=BACKBONES)
    parser.add_argument("--layers", type=int, help="fewer blocks, to try the script")
    parser.add_argument("--side", type=int, default=64, help="pixels of the clip")
    parser.add_argument("--frames", type=int, default=9)
    parser.add_argument("--out", type=Path, default=RESULT)
    args = parser.parse_args()
    torch.manual_seed(0)
    backbone = BACKBONES[args.model]
    sizes = backbone.transformer_config()
    sizes["num_layers"] = args.layers or backbone.layers
    begin = time.perf_counter()
    transformer = random_transformer(sizes)
    built = time.perf_counter() - begin
    figures = {
        "model": args.model, "layers": sizes["num_layers"],
        "parameters": sum(p.numel() for p in transformer.parameters()),
        "dtype": str(transformer.blocks[0].attn1.to_q.weight.dtype).removeprefix("torch."),
        "size": f"{args.side}x{args.side}x{args.frames}",
        "build_seconds": round(built, 1), "build_peak_gb": peak_gb(),
        "training_step": train_step(transformer, args.side, args.frames),
        "generation": generate(transformer, args.side, args.frames),
        "peak_gb": peak_gb(), "threads": torch.get_num_threads(), "torch": torch.__version__,
        "machine": f"{platform.machine()}, {torch.backends.cpu.get_cpu_capability()}",
        "weights": "random",
    }  # fmt: skip
    args.out.parent.mkdir(exist_ok=True)
    args.out.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


def train_step(transformer: WanTransformer3DModel, side: int, frames: int) -> dict:
    """Take one step of LoRA and adapter; afterwards the transformer is as it was."""
    model = FineTunedWan(transformer, train="both", rank=32)
    recomputed = checkpoint_blocks(transformer, 1.0)
    trained = model.trained()
    optimiser = make_optimiser(list(trained.values()), kind="adamw", lr=1e-4, weight_decay=0.0)
    latent_frames, channels = (frames - 1) // 4 + 1, transformer.config.out_channels
    clean = torch.randn(1, channels, latent_frames, side // 8, side // 8)
    states = torch.randn(1, 512, 4096, dtype=torch.bfloat16)
    emotion = torch.rand(1, latent_frames, 12)
    sigma = NoiseLevels(shift=5.0).sample(1)[:, None].expand(1, latent_frames)

    def predict(noisy: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
        return model(noisy, times[:, 0], states, emotion)

    begin = time.perf_counter()
    loss = sample_loss(
        predict, clean, torch.randn_like(clean), sigma, kind="velocity", dtype=torch.bfloat16
    )
    loss.backward()
    norm = nn.utils.clip_grad_norm_(trained.values(), 1.0)
    optimiser.step()
    seconds = time.perf_counter() - begin
    moved = sum(bool(p.grad.abs().sum() > 0) for p in trained.values())
    transformer.disable_gradient_checkpointing()
    model.attached.detach()
    transformer.unload_lora()
    return {
        "seconds": round(seconds, 1), "loss": round(loss.item(), 4),
        "gradient_norm": round(float(norm), 4), "peak_gb": peak_gb(),
        "trained_parameters": sum(p.numel() for p in trained.values()),
        "tensors_with_gradient": f"{moved} of {len(trained)}", "blocks_recomputed": recomputed,
    }  # fmt: skip


def generate(transformer: WanTransformer3DModel, side: int, frames: int) -> dict:
    """Make a clip of two steps by the whole pipeline."""
    from emogen.conditioning import EmotionAdapter, EmotionAdapterConfig

    tokenizer = build_tokenizer([PROMPT], min_count=1)
    text = UMT5EncoderModel(UMT5Config(
        vocab_size=len(tokenizer), d_model=4096, d_kv=64, d_ff=256, num_layers=1, num_heads=4,
    )).bfloat16().eval()  # fmt: skip
    scheduler = UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True)
    pipe = WanPipeline(
        tokenizer=tokenizer, text_encoder=text, vae=AutoencoderKLWan().eval(),
        scheduler=scheduler, transformer=transformer,
    )
    plain = PlainModel(pipe=pipe, device=torch.device("cpu"), boundary=None)
    adapter = EmotionAdapter(EmotionAdapterConfig.for_transformer(transformer)).eval()
    for layer in (adapter.to_modulation, *adapter.to_values):
        nn.init.normal_(layer.weight, std=0.02)
    plain.attach(adapter)
    parts = Components(
        name="random", folder=Path(), adapter=adapter, defaults=Defaults(), plain=plain,
        device=plain.device, dtype=torch.bfloat16, **plain.parts(),
    )
    pipeline = EmotionalVideoPipeline(parts)
    asked = {"width": side, "height": side, "num_frames": frames, "steps": 2}
    begin = time.perf_counter()
    clip = pipeline(PROMPT, emotion=parse("fear:0.8"), **asked)
    seconds = time.perf_counter() - begin
    return {
        "seconds": round(seconds, 1), "steps": 2, "passes": 4, "frames": list(clip.frames.shape),
        "spread": round(float(clip.frames.std()), 2), "peak_gb": peak_gb(),
    }  # fmt: skip


def peak_gb() -> float:
    """Return the most memory that this process ever held, in GB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9, 2)


if __name__ == "__main__":
    main()
