"""Random transformers: of the asked size and types, with finite and varied output."""

import torch

from emogen.diffusion.untrained import random_transformer

SIZES = {
    "num_attention_heads": 2, "attention_head_dim": 24, "in_channels": 4, "out_channels": 4,
    "text_dim": 32, "freq_dim": 32, "ffn_dim": 64, "num_layers": 2,
}  # fmt: skip


def test_types_and_seed() -> None:
    model, again = (random_transformer(SIZES, seed=3) for _ in range(2))
    assert model.blocks[0].attn1.to_q.weight.dtype == torch.bfloat16
    assert model.blocks[0].scale_shift_table.dtype == torch.float32
    assert model.condition_embedder.time_embedder.linear_1.weight.dtype == torch.float32
    for name, value in model.named_parameters():
        assert torch.equal(value, again.get_parameter(name)), name


def test_a_pass() -> None:
    model = random_transformer(SIZES, dtype=torch.float32)
    latents, states = torch.randn(1, 4, 2, 4, 4), torch.randn(1, 512, 32)
    with torch.no_grad():
        out = model(latents, torch.tensor([500]), states).sample
    assert out.shape == latents.shape
    assert out.isfinite().all()
    assert out.std() > 0
