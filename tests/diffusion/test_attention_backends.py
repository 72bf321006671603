"""Attention kernels: tried by a real call, refused by name, passed over by auto."""

import pytest
import torch

from emogen.diffusion.attention_backends import PREFERENCE, choose, probe, use
from emogen.errors import ResourceError
from tests.wan_folders import wan_transformer

CPU = {"device": torch.device("cpu"), "dtype": torch.float32, "head_dim": 64}


def test_torch_itself_always_works() -> None:
    assert probe("native", **CPU) is None
    assert choose("native", **CPU) == ("native", None)


@pytest.mark.skipif(torch.cuda.is_available(), reason="kernels may work on a GPU")
def test_auto_falls_back_with_one_line() -> None:
    name, note = choose("auto", **CPU)
    assert name == "native"
    assert "\n" not in note
    assert all(f"{kernel}: " in note for kernel in PREFERENCE)


@pytest.mark.skipif(torch.cuda.is_available(), reason="kernels may work on a GPU")
@pytest.mark.parametrize("name", ["xformers", "flash", "sage"])
def test_a_kernel_that_was_named_is_refused(name) -> None:
    with pytest.raises(ResourceError, match=f"'{name}' does not work here: .*--attention auto"):
        choose(name, **CPU)


def test_a_kernel_that_is_wrong_does_not_pass(monkeypatch) -> None:
    from emogen.diffusion import attention_backends

    monkeypatch.setattr(
        attention_backends, "dispatch_attention_fn", lambda q, k, v, **_: v + 0 * q * k
    )
    assert "deviate by" in probe("native", **CPU)


def test_every_attention_is_set() -> None:
    model = wan_transformer()
    use([model], "_native_math")
    kernels = {
        attention.processor._attention_backend.value
        for block in model.blocks for attention in (block.attn1, block.attn2)
    }  # fmt: skip
    assert kernels == {"_native_math"}
    latents, states = torch.randn(1, 4, 2, 4, 4), torch.randn(1, 512, 32)
    with torch.no_grad():
        by_math = model(latents, torch.tensor([500]), states).sample
        use([model], "native")
        torch.testing.assert_close(by_math, model(latents, torch.tensor([500]), states).sample)
