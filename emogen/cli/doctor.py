"""`emogen doctor`: this machine in, what emogen can expect of it out."""

import os
import platform
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emogen.diffusion.choices import Offload

if TYPE_CHECKING:
    from emogen.diffusion.backbones import Backbone

_ENOUGH_DISK = 1 << 30
_ENOUGH_MEMORY = 2 << 30
_QUICK = 100
"""GFLOP/s from which nano is pleasant to use."""
_EFFICIENCY = 0.4
"""Part of the rate of matrix products that a whole denoising step reaches, roughly."""


def doctor(
    *, as_json: Annotated[bool, typer.Option("--json", help="Answer with a JSON object.")] = False
) -> None:
    """Show what this machine offers and what speed to expect; exit code 3 where something lacks."""
    from emogen.cli.answer import print_json

    findings = examine()
    if as_json:
        print_json(findings)
    else:
        for name, value in findings.items():
            if name == "Wan":
                print(*(f"{'Wan':<14} {line}" for line in value), sep="\n")
            elif name != "problems":
                print(f"{name:<14} {_as_text(value)}")
        for problem in findings["problems"]:
            print(f"{'problem':<14} {problem}")
    if findings["problems"]:
        raise typer.Exit(3)


def examine() -> dict[str, Any]:
    """Return findings by name; `problems` lists what keeps emogen from working."""
    import emogen
    from emogen.cli.checks import INDEX, embedded_models

    free, available = shutil.disk_usage(".").free, available_memory()
    machine = _torch()
    wan = wan_models(machine.pop("devices"), available or 0)
    models = [name for name, path in embedded_models().items() if (path / INDEX).is_file()]
    findings: dict[str, Any] = {
        "emogen": emogen.__version__,
        "python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        **machine,
        **_ffmpeg(),
        "models": models,
        "Wan": wan,
        "free disk": f"{free / 1e9:.1f} GB in {Path.cwd()}",
        "free memory": "unknown" if available is None else f"{available / 1e9:.1f} GB",
    }
    checks = {
        "no embedded generator: reinstall emogen or set EMOGEN_ASSETS": not models,
        "less than 1 GiB of disk is free": free < _ENOUGH_DISK,
        "less than 2 GiB of memory are free": available is not None and available < _ENOUGH_MEMORY,
        "PyAV lacks the encoder libx264 or libvpx-vp9: pip install --force-reinstall av":
            len(findings["encoders"]) < 2,
    }
    findings["problems"] = [problem for problem, present in checks.items() if present]
    return findings


def available_memory() -> int | None:
    """Return the bytes of memory that can be had without swapping, None where it is not told."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        fields = dict(line.split(":", 1) for line in lines)
        return int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError):
        return None


def speed_class(*, cuda: bool, native_bf16: bool, gigaflops: float) -> str:
    """Return in words what speed to expect.

    >>> speed_class(cuda=False, native_bf16=False, gigaflops=40)
    'slow: a processor below 100 GFLOP/s; be patient with nano, Wan needs a GPU'
    """
    if cuda:
        return "fast: a GPU, for nano and Wan"
    unit = "with matrix units for bfloat16" if native_bf16 else "without matrix units"
    if gigaflops >= _QUICK:
        return f"good: a processor {unit}; nano runs well, Wan needs a GPU"
    return f"slow: a processor below {_QUICK} GFLOP/s; be patient with nano, Wan needs a GPU"


@dataclass(frozen=True, kw_only=True)
class Device:
    """What computes.

    Attributes:
        memory: Bytes that it has.
        gigaflops: Measured rate of matrix products.
        offloads: Whether weights can wait in host memory.
    """

    memory: int
    gigaflops: float
    offloads: bool


def wan_models(devices: list[Device], host: int) -> list[str]:
    """Return a line for each published Wan model: how it fits the best device, and how fast.

    >>> gpu = Device(memory=24 * 10**9, gigaflops=150e3, offloads=True)
    >>> wan_models([gpu], 64 * 10**9)[0]
    'wan2.1-t2v-1.3b: fits; a clip of 832x480x81 in minutes'
    >>> wan_models([gpu], 64 * 10**9)[1]
    'wan2.1-t2v-14b: with --offload model --fp8; a clip of 832x480x81 in minutes'
    """
    from emogen.diffusion.backbones import BACKBONES

    best = max(devices, key=lambda device: device.gigaflops)
    return [f"{each.name}: {_fit(each, best, host)}" for each in BACKBONES.values()]


def _fit(backbone: "Backbone", device: Device, host: int) -> str:
    """Return the quickest way to run a model on a device, and how long a usual clip takes."""
    ways: list[tuple[str, Offload, bool]] = [("fits", "none", False), ("with --fp8", "none", True)]
    if device.offloads and backbone.host_bytes() < host:
        ways += [
            ("with --offload model", "model", False),
            ("with --offload model --fp8", "model", True),
            ("with --offload group", "group", False),
        ]
    fitting = [
        words for words, offload, fp8 in ways
        if backbone.memory_bytes(offload=offload, fp8=fp8) < device.memory
    ]  # fmt: skip
    if not fitting:
        need = backbone.memory_bytes(fp8=True) / 1e9
        return f"needs {need:.0f} GB in one place, or a GPU with more memory behind it"
    seconds = backbone.clip_flops() / (device.gigaflops * 1e9 * _EFFICIENCY)
    size = f"{backbone.width}x{backbone.height}x{backbone.num_frames}"
    return f"{fitting[0]}; a clip of {size} in {duration_class(seconds)}"


def duration_class(seconds: float) -> str:
    """Return about how long something takes.

    >>> [duration_class(seconds) for seconds in (50, 600, 2e4, 1e6)]
    ['seconds', 'minutes', 'hours', 'days']
    """
    for limit, word in ((120, "seconds"), (3600, "minutes"), (172800, "hours")):
        if seconds < limit:
            return word
    return "days"


def _torch() -> dict[str, Any]:
    import torch

    native = bool(torch.cpu._is_amx_tile_supported())
    cuda = torch.cuda.is_available()
    devices = [torch.cuda.get_device_properties(i) for i in range(torch.cuda.device_count())]
    gigaflops = _gigaflops(torch)
    rates = [_gigaflops(torch, size=4096, device=f"cuda:{i}") for i in range(len(devices))]
    return {
        "torch": torch.__version__,
        "threads": f"{torch.get_num_threads()} of {os.cpu_count()} cores",
        "processor": f"{torch.backends.cpu.get_cpu_capability()}, bfloat16 matrix units (AMX): "
        + ("yes" if native else "no"),
        "GPU": [f"{each.name}, {each.total_memory / 1e9:.0f} GB" for each in devices],
        "measured": f"{gigaflops:.0f} GFLOP/s on the processor",
        "expect": speed_class(cuda=cuda, native_bf16=native, gigaflops=gigaflops),
        "devices": [
            Device(memory=each.total_memory, gigaflops=rate, offloads=True)
            for each, rate in zip(devices, rates, strict=True)
        ] or [Device(memory=available_memory() or 0, gigaflops=gigaflops, offloads=False)],
    }


def _gigaflops(
    torch: Any, size: int = 512, seconds: float = 0.3, device: str = "cpu"  # noqa: ANN401
) -> float:
    """Return how fast a device multiplies bfloat16 or float32 matrices, the faster of both."""
    best = 0.0
    wait = torch.cuda.synchronize if device != "cpu" else lambda: None
    for dtype in (torch.float32, torch.bfloat16):
        left = torch.ones(size, size, dtype=dtype, device=device)
        left @ left
        wait()
        start, count = time.perf_counter(), 0
        while (spent := time.perf_counter() - start) < seconds / 2:
            left @ left
            wait()
            count += 1
        best = max(best, 2e-9 * size**3 * count / spent)
    return best


def _ffmpeg() -> dict[str, Any]:
    import av

    libraries = getattr(av, "ffmpeg_version_info", None) or "unknown"
    wanted = ("libx264", "libvpx-vp9")
    return {
        "PyAV": f"{av.__version__} with FFmpeg {libraries}",
        "encoders": [name for name in wanted if name in av.codecs_available],
    }


def _as_text(value: object) -> str:
    return (", ".join(value) or "none") if isinstance(value, list) else str(value)
