"""A talking head in miniature: a tiny model's folder in, the same with a head in it out.

Every weight is random, so that whatever the head is told shows.
"""

import torch

from emogen.conditioning.head_weights import SavedHead, save_head
from emogen.conditioning.lora import add_lora, lora_state
from emogen.conditioning.talking_head import TalkingHead, TalkingHeadConfig
from tests.tiny import shake, tiny_transformer

SIZES = {"audio_layers": 2, "audio_width": 8, "projection_width": 32, "num_tokens": 2,
         "token_width": 8, "motion_width": 8, "emotion_width": 16, "emotion_tokens": 2}  # fmt: skip
SETTINGS = {"width": 32, "height": 32, "steps": 2, "scene": "a red robot", "num_frames": 33}


def save_tiny_head(folder, *, own_emotion=True, parts=None, random=True, audio_width=8, **noted):
    transformer = tiny_transformer()
    torch.manual_seed(0)
    sizes = SIZES | {"audio_width": audio_width}
    head = TalkingHead(TalkingHeadConfig.for_transformer(transformer, **sizes))
    add_lora(transformer, rank=2)
    if random:
        shake(head, std=0.3)
        for name, parameter in transformer.named_parameters():
            if "lora_" in name:
                shake(torch.nn.ParameterList([parameter]), std=0.05)
    save_head(
        SavedHead(head=head, own_emotion=own_emotion, lora=lora_state(transformer),
                  parts=parts or {}, base_model="tiny", settings=SETTINGS | noted),
        folder / "talking_head",
    )  # fmt: skip
    return folder
