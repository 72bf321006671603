"""Low-rank changes of a transformer: added for training, written out, merged for use.

LoRA (Hu et al. 2021, arXiv 2106.09685) on every linear layer of attention and feed-forward, through
diffusers' own ``add_adapter``. Fresh ones change no bit. Scale is one: alpha equals the rank.
"""

from collections.abc import Mapping

import torch
from diffusers import WanTransformer3DModel
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from torch import Tensor

from emogen.errors import ModelError

TARGETS = ("to_q", "to_k", "to_v", "to_out.0", "ffn.net.0.proj", "ffn.net.2")
NAME = "talking_head"
_DOWN, _UP = ".lora_A.weight", ".lora_B.weight"


def add_lora(model: WanTransformer3DModel, *, rank: int, seed: int = 0) -> list[torch.nn.Parameter]:
    """Add a trainable LoRA, freeze everything else; returns its parameters in float32."""
    config = LoraConfig(r=rank, lora_alpha=rank, target_modules=list(TARGETS), lora_dropout=0.0)
    model.requires_grad_(requires_grad=False)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model.add_adapter(config, adapter_name=NAME)
    trained = [p for name, p in model.named_parameters() if "lora_" in name]
    for parameter in trained:
        parameter.data = parameter.data.float()
        parameter.requires_grad_(requires_grad=True)
    return trained


def lora_state(model: WanTransformer3DModel) -> dict[str, Tensor]:
    """Return the weights of the LoRA that :func:`add_lora` added, by module name."""
    return get_peft_model_state_dict(model, adapter_name=NAME)


@torch.no_grad()
def merge_lora(model: WanTransformer3DModel, state: Mapping[str, Tensor]) -> None:
    """Add low-rank changes to the weights of a plain transformer, once and for all.

    Raises:
        ModelError: The changes belong to a transformer of another shape.
    """
    names = sorted(name.removesuffix(_DOWN) for name in state if name.endswith(_DOWN))
    if {f"{name}{end}" for name in names for end in (_DOWN, _UP)} != set(state):
        raise ModelError("expected pairs of LoRA matrices, got others; export the model again")
    modules = dict(model.named_modules())
    for name in names:
        down, up = state[name + _DOWN].float(), state[name + _UP].float()
        weight = getattr(modules.get(name), "weight", None)
        if weight is None or weight.shape != (up.shape[0], down.shape[1]):
            raise ModelError(
                f"the LoRA's {name} of {[up.shape[0], down.shape[1]]} does not fit this"
                " transformer; use the model it was trained on"
            )
        weight.copy_(weight.float() + (up @ down).to(weight.device))
