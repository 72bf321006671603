"""A small emotion head on a frozen vision tower: its file out, its file in.

`emotion_head.safetensors` holds the weights, `emotion_head.json` the labels, what they say
(expressed or evoked emotion), the tower and the licence.

Shapes: T pictures, K labels, D width of the tower's embedding.
"""

import json
from pathlib import Path
from typing import Any, get_args

from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from emogen.errors import ModelError
from emogen.evaluation.backends.options import Target

HEAD = "emotion_head.safetensors"
HEAD_CONFIG = "emotion_head.json"


class EmotionHead(nn.Module):
    """A linear layer, or one hidden layer, on the unit-length embedding of a picture.

    Args:
        width: D of the tower.
        labels: K.
        hidden: width of the hidden layer, 0 for none.
    """

    def __init__(self, width: int, labels: int, *, hidden: int = 0) -> None:
        """Make an untrained head."""
        super().__init__()
        inner = [nn.Linear(width, hidden), nn.GELU()] if hidden else []
        self.layers = nn.Sequential(*inner, nn.Linear(hidden or width, labels))

    def forward(self, embedding: Tensor) -> Tensor:
        """Return logits [T, K] of embeddings [T, D]."""
        return self.layers(embedding)


def save_head(
    folder: str | Path, head: EmotionHead, *, labels: tuple[str, ...], target: Target,
    tower: str | None = None, licence: str = "unknown",
) -> Path:
    """Write a head as `ImageBackend.load` reads it, into the tower's folder or one of its own.

    Args:
        folder: where; made if it is missing.
        head: the trained head.
        labels: K names of emotions.
        target: what the labels of its training data say: expressed or evoked emotion.
        tower: folder or hub name of the tower, None where it lies in the same folder.
        licence: licence of the head, as a model card would name it.
    """
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    weights = {name: tensor.contiguous() for name, tensor in head.state_dict().items()}
    save_file(weights, path / HEAD)
    said = {"labels": list(labels), "target": target, "tower": tower, "licence": licence}
    (path / HEAD_CONFIG).write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    return path


def read_head(folder: Path) -> tuple[EmotionHead, dict[str, Any]]:
    """Return a head and what its file says of it.

    Raises:
        ModelError: the file lacks something, or the labels do not fit the weights.
        OSError, ValueError, RuntimeError: a file cannot be read.
    """
    said = json.loads((folder / HEAD_CONFIG).read_text(encoding="utf-8"))
    wanted = ("labels", "target", "tower", "licence")
    missing = [name for name in wanted if name not in said]
    if missing or said["target"] not in get_args(Target):
        raise ModelError(
            f"expected {', '.join(wanted)} in {folder / HEAD_CONFIG}, target one of"
            f" {', '.join(get_args(Target))}; got {said}; write it with save_head"
        )
    weights = load_file(folder / HEAD)
    first = weights["layers.0.weight"]
    hidden = len(first) if "layers.2.weight" in weights else 0
    head = EmotionHead(first.shape[1], len(said["labels"]), hidden=hidden)
    head.load_state_dict(weights)
    return head.eval(), said
