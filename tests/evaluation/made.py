"""Campaigns made by hand: what each judge says in, rows and folders with tiny real clips out."""

import hashlib

import numpy as np

from emogen.emotion import CATEGORIES
from emogen.evaluation.campaign import (
    ClipRequest,
    Generator,
    JudgeRow,
    Picture,
    Row,
    append_row,
    new_card,
    write_card,
)
from emogen.media import Clip, write_video

PICTURE = Picture(
    width=32, height=32, num_frames=9, fps=8.0, change=0.02, jitter=0.01, pumping=0.001, hue=0.1,
    colourfulness=0.4, brightness=0.7,
)
SECONDS = (0.25, 0.75)


def distribution(name, weight=0.8):
    """Return ``weight`` on one category and the rest on neutral (or awe, for neutral)."""
    rest = "awe" if name == "neutral" else "neutral"
    found = dict.fromkeys(CATEGORIES, 0.0) | {name: weight, rest: 1 - weight}
    return tuple(found[category] for category in CATEGORIES)


def said(name, *, weight=0.8, intensity=0.7, unsure=False, curve=None, model="small"):
    """Return what a judge says; ``curve`` is a list of distributions, one a window."""
    emotion = distribution(name, weight)
    return JudgeRow(
        top=name, confidence=weight, unsure=unsure, emotion=emotion, intensity=intensity,
        vad=(0.0, 0.0, 0.0), curve_seconds=SECONDS, curve_emotion=curve or (emotion, emotion),
        curve_intensity=(intensity, intensity), tier="open", model=model,
    )


def category(prompt, asked, read, *, second=None, seed=0, strength=None, group=None, **options):
    """Return the row of one clip; ``strength`` makes it part of a series."""
    request = ClipRequest(
        part="grid" if strength is None else "strengths",
        measures="category" if strength is None else "intensity", prompt=prompt,
        emotion=f"{asked}:{strength or 0.9:g}", intensity=strength or 0.9, seed=seed, type=group,
    )
    return of(request, said(read, **options), said(second or read, **options))


def of(request, main, second, *, picture=PICTURE):
    names = ("part", "measures", "prompt", "emotion", "intensity", "seed", "type", "draw")
    return Row(
        key=request.key, **{name: getattr(request, name) for name in names}, picture=picture,
        clip=f"clips/{request.key}.mp4", judges={"main": main, "second": second},
    )


def tiny_clip(seed=0):
    """Return nine frames of noise that fades in."""
    rng = np.random.default_rng(seed)
    still = rng.integers(0, 256, (1, 32, 32, 3))
    fade = np.linspace(0.2, 1, 9)[:, None, None, None]
    return Clip(frames=(still * fade).astype(np.uint8), fps=8.0)


def on_disk(folder, rows, *, name="nano", card=True):
    """Write rows, features and one tiny clip for each of them."""
    (folder / "clips").mkdir(parents=True)
    (folder / "features").mkdir()
    clip = write_video(tiny_clip(), folder / "tiny.mp4").read_bytes()
    for index, row in enumerate(rows):
        if row.clip is not None:
            (folder / row.clip).write_bytes(clip)
            rng = np.random.default_rng(index)
            arrays = {judge: rng.normal(size=(2, 4)).astype(np.float16) for judge in row.judges}
            np.savez(folder / "features" / f"{row.key}.npz", **arrays)
        append_row(folder, row)
    (folder / "tiny.mp4").unlink()
    if card:
        generator = Generator(
            kind="model", name=name, sha256=hashlib.sha256(name.encode()).hexdigest(),
            settings={"steps": 4},
        )
        requests = [row.request for row in rows]
        write_card(folder, new_card(
            protocol=None, requests=requests, generator=generator, command=["emogen", "evaluate"],
        ).done())
    return folder
