"""The embedded model from nothing: captions in, an untrained small Wan with its tokenizer out."""

import re
from collections import Counter
from collections.abc import Iterable

import torch
from diffusers import WanTransformer3DModel
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import nn
from transformers import PreTrainedTokenizerFast, UMT5Config, UMT5EncoderModel

TEXT_WIDTH = 192
LATENT_CHANNELS = 48
SPECIAL = ("<pad>", "</s>", "<unk>")


def build_tokenizer(captions: Iterable[str], *, min_count: int = 3) -> PreTrainedTokenizerFast:
    """Return a lower-casing word tokenizer that knows the words of the captions.

    Words are whole tokens, so that a word the model was never trained on is seen as unknown and can
    be named to the person who typed it.
    """
    counts = Counter(
        word for caption in captions for word in re.findall(r"\w+|[^\w\s]", caption.lower())
    )
    words = sorted(word for word, count in counts.items() if count >= min_count)
    vocabulary = {word: index for index, word in enumerate((*SPECIAL, *words))}
    core = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    core.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation()]
    )
    core.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=512,
    )


def build_text_encoder(tokenizer: PreTrainedTokenizerFast) -> UMT5EncoderModel:
    """Return an untrained three-layer UMT5 encoder for a tokenizer."""
    return UMT5EncoderModel(
        UMT5Config(
            vocab_size=len(tokenizer),
            d_model=TEXT_WIDTH,
            d_kv=48,
            d_ff=384,
            num_layers=3,
            num_heads=4,
            dropout_rate=0.0,
            pad_token_id=0,
            eos_token_id=1,
            relative_attention_num_buckets=16,
            relative_attention_max_distance=32,
        )
    )


def build_transformer(*, heads: int = 5, layers: int = 7, seed: int = 0) -> WanTransformer3DModel:
    """Return an untrained Wan transformer of nano size.

    Text attention starts with a learned-away dislike of padding: Wan attends to 512 positions of
    which a caption fills a dozen, and without it the padding takes 97 % of the attention of an
    untrained model.
    """
    torch.manual_seed(seed)
    model = WanTransformer3DModel(
        num_attention_heads=heads,
        attention_head_dim=64,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        text_dim=TEXT_WIDTH,
        freq_dim=256,
        ffn_dim=heads * 256,
        num_layers=layers,
        cross_attn_norm=True,
        rope_max_seq_len=128,
    )
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)
    for block in model.blocks:
        direction = torch.randn(heads * 64).sign()
        block.attn2.to_q.bias.data = direction.clone()
        block.attn2.to_k.bias.data = -0.02 * direction
    nn.init.zeros_(model.proj_out.weight)
    return model
