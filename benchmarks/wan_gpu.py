"""Wan2.1-1.3B on a GPU: seconds a denoising step and a LoRA training step, beside stock diffusers.

``python benchmarks/wan_gpu.py --minutes 9``

One process, random weights, bfloat16, 832x480x81, guidance by two passes. Stock diffusers is the
transformer as ``WanPipeline`` calls it. Every row is a median of three after one warm-up, with its
share of the floor of 800 TFLOP/s and the most memory held. What does not run here is named with its
reason; what the time does not suffice for is named too. ``--tiny`` tries the script anywhere.
Writes ``benchmarks/results/wan_gpu.json`` after each row, so that a run cut short keeps its rows.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from diffusers import WanTransformer3DModel
from torch import Tensor

from emogen.conditioning.finetuned import FineTunedWan
from emogen.diffusion.attention_backends import choose, use
from emogen.diffusion.backbones import BACKBONES, Backbone
from emogen.diffusion.denoiser import denoise, fold_padding, text_context
from emogen.diffusion.finetuning import checkpoint_blocks, sample_loss
from emogen.diffusion.untrained import random_transformer
from emogen.errors import EmogenError
from emogen.learning.finetuner import make_optimiser

FLOOR = 800e12
"""Operations a second of dense bfloat16 that one H100 sustains."""
TINY = {"num_attention_heads": 2, "attention_head_dim": 24, "ffn_dim": 64, "num_layers": 2}
RESULT = Path(__file__).parent / "results" / "wan_gpu.json"


@dataclass
class Bench:
    """What is measured, and until when.

    Attributes:
        model: The transformer.
        latents: Noisy latents [1, C, L, h, w].
        states: Text states of both passes, [2, 512, D].
        words: Tokens of the prompt that are not padding.
        flops: Operations of one pass.
        attention: Share of them in attention, whose backward pass is two forward passes.
        deadline: When to begin nothing more.
        on_row: Called after each row.
        rows: Results by name.
    """

    model: WanTransformer3DModel
    latents: Tensor
    states: Tensor
    words: int
    flops: float
    attention: float
    deadline: float
    on_row: Callable[[], None] = lambda: None
    rows: dict[str, dict] = field(default_factory=dict)

    def row(self, name: str, prepare: Callable[[], Callable[[], object]], passes: float) -> None:
        """Measure what ``prepare`` returns, or note why not."""
        if time.monotonic() > self.deadline:
            self.rows[name] = {"skipped": "no time left"}
        else:
            try:
                self.rows[name] = self._measured(prepare(), passes)
            except (EmogenError, RuntimeError, ImportError, ValueError) as error:
                self.rows[name] = {"failed": (str(error) or repr(error)).splitlines()[0][:200]}
        print(f"{name}: {json.dumps(self.rows[name])}", flush=True)
        self.on_row()

    def _measured(self, work: Callable[[], object], passes: float) -> dict:
        cuda = self.latents.is_cuda
        if cuda:
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
        times = [self._once(work, cuda=cuda) for _ in range(4)]
        seconds = statistics.median(times[1:])
        found = {
            "seconds": round(seconds, 5), "first_seconds": round(times[0], 3),
            "of_floor": round(passes * self.flops / FLOOR / seconds, 4),
        }
        if cuda:
            found["peak_gb"] = round(torch.cuda.max_memory_allocated() / 1e9, 2)
        return found

    @staticmethod
    def _once(work: Callable[[], object], *, cuda: bool) -> float:
        begin = time.perf_counter()
        work()
        if cuda:
            torch.cuda.synchronize()
        return time.perf_counter() - begin


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="wan2.1-t2v-1.3b", choices=BACKBONES)
    parser.add_argument("--size", default="832x480x81", help="WxHxFRAMES")
    parser.add_argument("--minutes", type=float, default=9.0)
    parser.add_argument("--tiny", action="store_true", help="a tiny model on any device")
    parser.add_argument("--no-compile", action="store_true", help="leave compiled rows out")
    parser.add_argument("--out", type=Path, default=RESULT)
    args = parser.parse_args()
    begin = time.monotonic()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.type == "cpu" and not args.tiny:
        raise SystemExit("expected a GPU; --tiny tries the script without one")
    torch.manual_seed(0)
    bench = set_up(args, BACKBONES[args.model], device, begin + 60 * args.minutes)

    def write() -> None:
        found = {
            "model": args.model, "tiny": args.tiny, "size": args.size, "weights": "random",
            "device": torch.cuda.get_device_name() if device.type == "cuda" else "cpu",
            "torch": torch.__version__, "floor_tflops": FLOOR / 1e12,
            "tflop_a_pass": round(bench.flops / 1e12, 3), "rows": bench.rows,
            "seconds": round(time.monotonic() - begin, 1),
        }  # fmt: skip
        args.out.parent.mkdir(exist_ok=True)
        args.out.write_text(json.dumps(found, indent=2) + "\n")

    bench.on_row = write
    steps(bench, device, compiles=not args.no_compile)
    training(bench)


def set_up(
    args: argparse.Namespace, backbone: Backbone, device: torch.device, deadline: float
) -> Bench:
    """Build the model and its inputs."""
    width, height, frames = (int(part) for part in args.size.split("x"))
    sizes = backbone.transformer_config() | (TINY if args.tiny else {})
    model = random_transformer(sizes, device=device)
    shape = (1, sizes["in_channels"], (frames - 1) // 4 + 1, height // backbone.stride,
             width // backbone.stride)  # fmt: skip
    states, words = torch.randn(2, 512, 4096, device=device, dtype=torch.bfloat16), 40
    states[:, words:] = 0
    flops = backbone.pass_flops(width, height, frames)
    return Bench(
        model=model, latents=torch.randn(shape, device=device), states=states, words=words,
        flops=flops, attention=backbone.attention_flops(width, height, frames) / flops,
        deadline=deadline,
    )


def steps(bench: Bench, device: torch.device, *, compiles: bool) -> None:
    """Measure denoising steps: stock diffusers first, then kernels, compiling and our passes."""
    head = bench.model.config.attention_head_dim
    bench.row("diffusers", lambda: stock(bench), 2)

    def by(kernel: str) -> Callable[[], object]:
        name, _ = choose(kernel, device=device, dtype=torch.bfloat16, head_dim=head)
        use([bench.model], name)
        return stock(bench)

    for kernel in ("xformers", "flash", "sage"):
        bench.row(f"diffusers, {kernel}", lambda kernel=kernel: by(kernel), 2)
    use([bench.model], "native")
    bench.row("emogen's passes", lambda: ours(bench, denoise), 2)
    if not compiles:
        return

    def compiled() -> Callable[[], object]:
        bench.model.compile_repeated_blocks(fullgraph=True)
        return stock(bench)

    bench.row("diffusers, compiled", compiled, 2)
    bench.row("emogen's passes, compiled", lambda: ours(bench, torch.compile(denoise)), 2)
    for block in bench.model.blocks:
        block._compiled_call_impl = None


def stock(bench: Bench) -> Callable[[], object]:
    """Return one step as ``WanPipeline`` takes it: two passes, one after the other."""
    noisy, time_step = bench.latents.bfloat16(), torch.tensor([500.0], device=bench.latents.device)

    def step() -> Tensor:
        with torch.inference_mode():
            text, nothing = (
                bench.model(noisy, time_step, states[None], return_dict=False)[0]
                for states in bench.states
            )
            return nothing + 5.0 * (text - nothing)

    return step


def ours(bench: Bench, run: Callable[..., Tensor]) -> Callable[[], object]:
    """Return one step by emogen's own passes: both in a batch, text read once for all steps."""
    noisy = bench.latents.bfloat16().repeat(2, 1, 1, 1, 1)
    mask = torch.arange(512, device=noisy.device)[None].repeat(2, 1) < bench.words
    with torch.no_grad():
        folded, bias = fold_padding(bench.states[:, : bench.words], mask[:, : bench.words])
        text = text_context(bench.model, folded, bias)
    times = torch.full((2, noisy.shape[2]), 500.0, device=noisy.device)

    def step() -> Tensor:
        with torch.no_grad():
            one, nothing = run(bench.model, noisy, times, text).chunk(2)
            return nothing + 5.0 * (one - nothing)

    return step


def training(bench: Bench) -> None:
    """Measure a step of LoRA and adapter with all, half and no blocks recomputed."""
    model = FineTunedWan(bench.model, train="both", rank=32).to(bench.latents.device)
    optimiser = make_optimiser(
        list(model.trained().values()), kind="adamw", lr=1e-4, weight_decay=0.0
    )
    length = bench.latents.shape[2]
    emotion = torch.rand(1, length, 12, device=bench.latents.device)
    sigma = torch.full((1, length), 0.5, device=bench.latents.device)

    def step() -> None:
        loss = sample_loss(
            lambda noisy, times: model(noisy, times[:, 0], bench.states[:1], emotion),
            bench.latents, torch.randn_like(bench.latents), sigma, kind="velocity",
            dtype=torch.bfloat16,
        )
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()

    def prepared(share: float) -> Callable[[], object]:
        bench.model.disable_gradient_checkpointing()
        checkpoint_blocks(bench.model, share)
        return step

    # gradients of frozen weights are not computed, so the backward pass costs a forward one, and
    # attention's share of it twice; what is recomputed adds its share of a forward pass
    for share in (1.0, 0.5, 0.0):
        name = f"training step, {share:.0%} of blocks recomputed"
        bench.row(name, lambda share=share: prepared(share), 2 + bench.attention + share)


if __name__ == "__main__":
    main()
