"""A talking head on a transformer: identity at first, each condition where it belongs, both passes.

Sizes of the conditioning are those of nano and of Wan2.1-1.3B.
"""

import pytest
import torch
from torch.testing import assert_close

from emogen.conditioning.attach import attach_head
from emogen.conditioning.talking_head import (
    NANO_SIZES,
    WAN_SIZES,
    TalkingHead,
    TalkingHeadConfig,
)
from emogen.diffusion.denoiser import denoise
from emogen.errors import InputError, ModelError
from tests.tiny import (
    NANO_BLOCK,
    WAN_1_3B_BLOCK,
    contexts,
    noise,
    per_token,
    shake,
    tiny_transformer,
)

CLOSE = {"atol": 2e-4, "rtol": 2e-4}
FRAMES, LATENTS = 9, 3
SIZES = {"audio_layers": 2, "audio_width": 6, "projection_width": 32, "num_tokens": 3,
         "token_width": 8, "motion_width": 8, "emotion_width": 8, "emotion_tokens": 2}  # fmt: skip
NAMES = ("audio", "motion_latents", "motion", "emotion")


def head_for(model, sizes=SIZES, *, random=True):
    torch.manual_seed(0)
    head = TalkingHead(TalkingHeadConfig.for_transformer(model, **sizes)).eval()
    return shake(head, std=0.1) if random else head


def given(head, batch=2, seed=0):
    config = head.config
    return {
        "audio": noise(batch, FRAMES, config.audio_layers, config.audio_width, seed=seed + 1),
        "motion_latents": noise(batch, config.latent_channels, LATENTS, 4, 4, seed=seed + 2),
        "motion": noise(batch, FRAMES, 37, seed=seed + 3),
        "emotion": noise(batch, LATENTS, 12, seed=seed + 4).tanh(),
    }


def inputs(model, batch=2):
    latents = noise(batch, model.config.in_channels, 1 + LATENTS, 4, 4)
    times = torch.tensor([0.0, 0.0, 700.0, 700.0]).expand(batch, -1)
    long, text = contexts(model, batch)
    return latents, times, text, long


@pytest.fixture(params=["nano", "1.3B"])
def wide(request):
    """A model of full width and its head's sizes; two blocks or one keep it quick."""
    block, sizes = {
        "nano": (NANO_BLOCK | {"heads": 5, "channels": 48}, NANO_SIZES),
        "1.3B": (WAN_1_3B_BLOCK, WAN_SIZES),
    }[request.param]
    return tiny_transformer(**block), sizes


@pytest.fixture
def model():
    return tiny_transformer()


@torch.no_grad()
def test_a_new_head_changes_no_bit(wide):
    model, sizes = wide
    head = head_for(model, sizes, random=False)
    latents, times, text, long = inputs(model)
    base = denoise(model, latents, times, text)
    condition = head.condition(**given(head))
    assert torch.equal(denoise(model, latents, times, text, condition), base)
    tokens = per_token(times, latents)
    plain = model(latents, tokens, long, return_dict=False)[0]
    attached = attach_head(model, head)
    with attached.using(condition):
        assert torch.equal(model(latents, tokens, long, return_dict=False)[0], plain)


@torch.no_grad()
def test_hooks_equal_the_fast_pass_and_go_again(wide):
    model, sizes = wide
    head = head_for(model, sizes)
    latents, times, text, long = inputs(model)
    tokens = per_token(times, latents)
    plain = model(latents, tokens, long, return_dict=False)[0]
    condition = head.condition(**given(head))
    fast = denoise(model, latents, times, text, condition)
    attached = attach_head(model, head)
    with attached.using(condition):
        slow = model(latents, tokens, long, return_dict=False)[0]
    assert_close(slow, fast, **CLOSE)
    assert (fast - plain).abs().max() > 1e-2
    assert torch.equal(model(latents, tokens, long, return_dict=False)[0], plain)
    attached.detach()
    assert torch.equal(model(latents, tokens, long, return_dict=False)[0], plain)
    assert not model._forward_pre_hooks
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


@torch.no_grad()
@pytest.mark.parametrize("name", NAMES)
def test_each_condition_counts_alone_in_both_passes(model, name):
    head = head_for(model)
    latents, times, text, long = inputs(model)
    condition = head.condition(**{name: given(head)[name]})
    fast = denoise(model, latents, times, text, condition)
    assert (fast - denoise(model, latents, times, text)).abs().max() > 1e-3
    with attach_head(model, head).using(condition):
        slow = model(latents, per_token(times, latents), long, return_dict=False)[0]
    assert_close(slow, fast, **CLOSE)


@torch.no_grad()
@pytest.mark.parametrize("name", NAMES)
def test_what_is_dropped_was_never_there(model, name):
    head = head_for(model)
    latents, times, text, _ = inputs(model)
    everything = given(head)
    dropped = head.condition(**everything, drop={name: torch.tensor([True, False])})
    without = head.condition(**{key: x for key, x in everything.items() if key != name})
    got = denoise(model, latents, times, text, dropped)
    assert_close(got[0], denoise(model, latents, times, text, without)[0], atol=1e-5, rtol=1e-5)
    whole = denoise(model, latents, times, text, head.condition(**everything))
    assert_close(got[1], whole[1], atol=1e-5, rtol=1e-5)
    assert (got[0] - whole[0]).abs().max() > 1e-3


@torch.no_grad()
def test_everything_dropped_is_the_base_bit_for_bit(model):
    head = head_for(model)
    latents, times, text, _ = inputs(model)
    drop = {name: torch.tensor([True, True]) for name in NAMES}
    condition = head.condition(**given(head), drop=drop)
    base = denoise(model, latents, times, text)
    assert torch.equal(denoise(model, latents, times, text, condition), base)


@torch.no_grad()
def test_the_reference_is_told_nothing(model):
    head = head_for(model)
    condition = head.condition(**given(head))
    x, temb = noise(2, (1 + LATENTS) * 4, 48), noise(2, 1 + LATENTS, 48)
    query = noise(2, 1 + LATENTS, 4, 2, 24)
    told = {
        "modulation": condition.modulation.flatten(2),
        "tokens": condition.tokens.unflatten(1, (1 + LATENTS, 4)).flatten(2),
        "heard": condition.hear(0, x, temb).unflatten(1, (1 + LATENTS, 4)).flatten(2),
        "felt": condition.attend(1, query).flatten(2),
    }
    for name, values in told.items():
        assert not values[:, 0].any(), name
        assert (values[:, 1:].abs().amax(-1) > 1e-4).all(), name


@torch.no_grad()
@pytest.mark.parametrize("frame", range(FRAMES))
def test_speech_is_heard_at_its_own_latent_frame(model, frame):
    head = head_for(model)
    audio = given(head, 1)["audio"]
    louder = audio.clone()
    louder[:, frame] += 1
    rest = {"motion": torch.zeros(1, FRAMES, 37)}
    x, temb = noise(1, (1 + LATENTS) * 4, 48), noise(1, 1 + LATENTS, 48)
    heard = [head.condition(audio=a, **rest).hear(0, x, temb) for a in (audio, louder)]
    changed = (heard[0] - heard[1]).unflatten(1, (1 + LATENTS, 4)).abs().amax((0, 2, 3))
    places = changed.nonzero().flatten().tolist()
    assert 1 + -(-frame // 4) in places  # the reference comes first
    assert all(abs(place - 1 - -(-frame // 4)) <= 1 for place in places)


def test_every_weight_learns_once_it_has_begun(model):
    head = head_for(model)
    latents, times, text, _ = inputs(model)
    out = denoise(model, latents, times, text, head.condition(**given(head)))
    out.square().sum().backward()
    assert [name for name, p in head.named_parameters() if p.grad is None] == []
    silent = [name for name, p in head.named_parameters() if not p.grad.abs().sum() > 0]
    assert silent == [
        f"emotion.to_keys.{i}.bias" for i in range(2) if f"emotion.to_keys.{i}.bias" in silent
    ]  # equal keys shift all logits alike


def test_new_heads_learn_from_the_first_step(model):
    head = head_for(model, random=False)
    latents, times, text, _ = inputs(model)
    out = denoise(model, latents, times, text, head.condition(**given(head)))
    out.square().sum().backward()
    moved = {name for name, p in head.named_parameters() if p.grad is not None and p.grad.any()}
    wanted = {"motion.patches.weight", "motion.to_modulation.weight", "listen.0.to_out.weight",
              "listen.1.to_out.weight", "emotion.to_modulation.weight"}  # fmt: skip
    assert wanted <= moved


def test_the_condition_compiles_into_one_graph():
    model = tiny_transformer(layers=1)
    head = head_for(model)
    latents, times, text, _ = inputs(model)

    def predict(**conditions):
        return denoise(model, latents, times, text, head.condition(**conditions))

    compiled = torch.compile(predict, backend="eager", fullgraph=True)
    assert_close(compiled(**given(head)), predict(**given(head)), atol=1e-5, rtol=1e-5)


def test_features_with_surroundings_are_taken(model):
    head = head_for(model)
    audio = noise(2, FRAMES + 4, 2, 6)
    condition = head.condition(audio=audio, motion=noise(2, FRAMES, 37))
    assert condition.modulation.shape == (2, 1 + LATENTS, 6, 48)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"motion": noise(2, 5, 37)}, r"motion_latents \[2, 3\], motion \[2, 2\]"),
        ({"emotion": noise(1, 3, 12)}, r"emotion \[1, 3\]"),
        ({"audio": noise(2, 10, 2, 6)}, "expected audio features of 9 frames, or of 13"),
        ({"motion": noise(2, 8, 37)}, r"motion of 4k\+1 frames, got 8|motion \[2, 2\]"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(model, changes, message):
    head = head_for(model)
    with pytest.raises(InputError, match=message):
        head.condition(**given(head) | changes)


def test_nothing_given_or_an_unknown_drop_is_refused(model):
    head = head_for(model)
    with pytest.raises(InputError, match="got none at all"):
        head.condition()
    with pytest.raises(InputError, match=r"expected to drop some of .* got \['sound'\]"):
        head.condition(**given(head), drop={"sound": torch.tensor([True, False])})


def test_another_length_or_model_is_refused(model):
    head = head_for(model)
    latents, _, _, long = inputs(model)
    attached = attach_head(model, head)
    short = head.condition(motion=noise(2, 5, 37))
    with attached.using(short), pytest.raises(ModelError, match=r"for \[2, 4\] .* got \[2, 3\]"):
        model(latents, torch.tensor([5.0, 5.0]), long)
    with pytest.raises(ModelError, match="in_channels 6, this one has 4"):
        attach_head(tiny_transformer(channels=4), head)
