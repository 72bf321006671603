"""What the tests of preparing draw: scenes that differ, a corpus with every kind of trouble."""

import csv

import numpy as np

from emogen.data.prepare.settings import PrepareSettings
from emogen.media import Clip, write_video

SETTINGS = PrepareSettings(sizes=((64, 48), (48, 64)), frames=(5, 9, 17))


def scene(seed, count, *, width=64, height=48, fps=16.0):
    """A soft pattern of the seed with a disc that crosses it in two seconds; shape [T, H, W, 3]."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(20, 236, (4, 4, 3)).astype(float)
    rows = np.linspace(0, 2.999, height)[:, None]
    columns = np.linspace(0, 2.999, width)[None]
    y, x = rows.astype(int), columns.astype(int)
    dy, dx = (rows - y)[..., None], (columns - x)[..., None]
    back = (coarse[y, x] * (1 - dy) * (1 - dx) + coarse[y + 1, x] * dy * (1 - dx)
            + coarse[y, x + 1] * (1 - dy) * dx + coarse[y + 1, x + 1] * dy * dx)
    frames = np.repeat(back[None].round().astype(np.uint8), count, axis=0)
    ys, xs = np.mgrid[:height, :width]
    colour = rng.integers(0, 256, 3)
    for index in range(count):
        middle = width * (0.1 + 0.4 * index / fps)
        frames[index][np.hypot(xs - middle, ys - height / 2) < height / 6] = colour
    return frames


def write(path, frames, fps=16.0, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_video(Clip(frames=frames, fps=fps), path, **options)


def write_corpus(root):
    """A folder in the way of EmoVid: stickers, animation, a film, and files that are no clips."""
    wide = {"width": 96, "height": 72}
    write(root / "animation/amusement/cat.mp4", scene(1, 24, fps=12, **wide), 12)
    write(root / "animation/amusement/again.mp4", scene(1, 24, fps=12), 12, crf=30)
    write(root / "animation/contentment/dog.mp4", scene(2, 34), 16)
    write(root / "sticker/awe/star.gif", scene(3, 15, width=48, height=64, fps=10), 10)
    write(root / "sticker/anger/brief.gif", scene(4, 2, fps=10), 10)
    write(root / "sticker/anger/tiny.gif", scene(5, 20, width=16, height=16, fps=10), 10)
    for number, seed in enumerate((6, 7, 8), start=1):
        write(root / f"movie/storm_{number:03d}.mp4", scene(seed, 48, fps=24), 24)
    cut = np.concatenate([scene(9, 18), scene(10, 30)])
    write(root / "movie/storm_004.mp4", cut, 16)
    whole = (root / "movie/storm_001.mp4").read_bytes()
    (root / "movie/half.mp4").write_bytes(whole[: len(whole) // 2])
    (root / "movie/text.mp4").write_text("this is no film\n" * 40)
    (root / "movie/empty.mp4").write_bytes(b"")
    labels = {"storm_001": "fear", "storm_002": "fear", "storm_003": "sadness",
              "storm_004": "sadness", "half": "awe", "text": "awe", "empty": "awe", "gone": "awe"}
    rows = [(f"animation/amusement/{name}.mp4", "amusement", f"A {name}.")
            for name in ("cat", "again")]
    rows += [("animation/contentment/dog.mp4", "contentment", "A dog walks"),
             ("sticker/awe/star.gif", "awe", "a star"),
             ("sticker/anger/brief.gif", "anger", ""), ("sticker/anger/tiny.gif", "anger", "")]
    rows += [(f"movie/{name}.mp4", label, f"{name} at sea") for name, label in labels.items()]
    with (root / "annotations.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("video", "emotion", "caption"), *rows])
    return root


def tree(folder):
    """Every file of a folder and its bytes."""
    return {path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_file()}
