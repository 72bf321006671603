"""Tiny real models on disk: a folder in, the folder of a whole transformers model out.

Weights are random but for the talking model, whose weights are set so that it says a given text:
its layers add nothing, tokens are one-hot, and the output layer maps each token to the next.
"""

import json

import torch
from PIL import Image
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, processors
from torch import nn
from transformers import (
    CLIPConfig,
    CLIPImageProcessor,
    CLIPModel,
    CLIPVisionConfig,
    HubertConfig,
    HubertForSequenceClassification,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    RobertaConfig,
    RobertaForSequenceClassification,
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessor,
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForSequenceClassification,
)

from emogen.evaluation.backends.picture_prompts import prompts
from emogen.evaluation.backends.speech import PooledClassifier

TEXT_WORDS = (
    "i", "am", "so", "happy", "today", "sad", "and", "angry", "at", "you", "nothing", "is", "left",
    ".",
)  # fmt: skip
SPEECH = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32,
    "conv_dim": (16, 16), "conv_stride": (16, 20), "conv_kernel": (16, 20),
    "num_feat_extract_layers": 2, "num_conv_pos_embeddings": 8, "num_conv_pos_embedding_groups": 2,
    "classifier_proj_size": 16, "final_dropout": 0.0,
}  # fmt: skip
VISION = {
    "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
    "image_size": 32, "patch_size": 16,
}  # fmt: skip
SIZE = {"height": 32, "width": 32}


def seeded(build, config):
    torch.manual_seed(0)
    return build(config)


def labelled(names, **more):
    return {"id2label": dict(enumerate(names)), "label2id": {n: i for i, n in enumerate(names)},
            **more}  # fmt: skip


@torch.no_grad()
def shaken(model, std=0.3, seed=0):
    """Make weights large enough that different input gives clearly different output."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        parameter.add_(torch.randn(parameter.shape, generator=generator) * std)
    return model.eval()


def word_tokenizer(words, **special):
    """Return a tokenizer of whole words; special tokens come first, in the order given."""
    vocabulary = {word: row for row, word in enumerate(dict.fromkeys([*special.values(), *words]))}
    core = Tokenizer(models.WordLevel(vocabulary, unk_token=special["unk_token"]))
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=core, **special)


def save_clip(folder):
    """CLIP: a vision and a text tower of two layers."""
    lines = [line for target in ("expressed", "evoked") for name in prompts(target).values()
             for line in name]  # fmt: skip
    words = " ".join(lines).replace(",", " , ").replace("-", " - ").split()
    tokenizer = word_tokenizer(
        words, bos_token="<s>", pad_token="<pad>", unk_token="<unk>", eos_token="<eos>"
    )
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="$A <eos>", special_tokens=[("<eos>", 3)]
    )
    text = {"vocab_size": len(tokenizer), "hidden_size": 32, "intermediate_size": 32,
            "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 20,
            "eos_token_id": 3, "pad_token_id": 1, "bos_token_id": 0}  # fmt: skip
    config = CLIPConfig(text_config=text, vision_config=VISION, projection_dim=24)
    shaken(seeded(CLIPModel, config)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    CLIPImageProcessor(size={"shortest_edge": 32}, crop_size=SIZE).save_pretrained(folder)
    return folder


def save_face_classifier(folder, names):
    config = ViTConfig(**VISION, **labelled(names))
    shaken(seeded(ViTForImageClassification, config)).save_pretrained(folder)
    ViTImageProcessor(size=SIZE).save_pretrained(folder)
    return folder


def save_speech(folder, names, *, hubert=False, **more):
    config, model = (
        (HubertConfig, HubertForSequenceClassification) if hubert
        else (Wav2Vec2Config, Wav2Vec2ForSequenceClassification)
    )  # fmt: skip
    shaken(seeded(model, config(**SPEECH, **labelled(names, **more)))).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(return_attention_mask=True).save_pretrained(folder)
    return folder


def save_dimensional_speech(folder, names=("arousal", "dominance", "valence")):
    """The layout of public models of arousal, dominance and valence."""
    config = Wav2Vec2Config(**SPEECH, **labelled(names, problem_type="regression"))
    model = shaken(seeded(PooledClassifier, config), std=0.1)
    model.save_pretrained(folder)
    config.architectures = ["Wav2Vec2ForSpeechClassification"]
    config.save_pretrained(folder)
    Wav2Vec2FeatureExtractor(return_attention_mask=True).save_pretrained(folder)
    return folder


def save_text(folder, names, **more):
    tokenizer = word_tokenizer(TEXT_WORDS, unk_token="<unk>", pad_token="<pad>", eos_token="</s>")
    config = RobertaConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=18, type_vocab_size=1, pad_token_id=1,
        **labelled(names, **more),
    )  # fmt: skip
    shaken(seeded(RobertaForSequenceClassification, config)).save_pretrained(folder)
    tokenizer.model_input_names = ["input_ids", "attention_mask"]
    tokenizer.save_pretrained(folder)
    return folder


CHAT = (
    "{% for message in messages %}{% if message['role'] == 'user' %}USER {% else %}SAID {% endif %}"
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}<image> "
    "{% else %}{{ part['text'] }} {% endif %}{% endfor %}{% endfor %}"
    "{% if add_generation_prompt %}"
    "{% if messages|length > 1 %}SECOND{% else %}FIRST{% endif %}{% endif %}"
)


@torch.no_grad()
def save_talker(folder, first, second=None):
    """LLaVA that answers with one text, and with another one when it is asked again."""
    special = {"unk_token": "<unk>", "pad_token": "<pad>", "eos_token": "<eos>"}
    tokenizer = word_tokenizer(["USER", "SAID"], **special)
    spoken = [first, second or first]
    tokenizer.add_tokens(
        [AddedToken(text, normalized=False) for text in
         ("<image>", "FIRST", "SECOND", *dict.fromkeys(spoken))]
    )  # fmt: skip
    width = 2 * ((len(tokenizer) + 1) // 2)
    text = LlamaConfig(vocab_size=len(tokenizer), hidden_size=width, intermediate_size=8,
                       num_hidden_layers=1, num_attention_heads=1, tie_word_embeddings=False,
                       max_position_embeddings=4096, pad_token_id=1, eos_token_id=2)  # fmt: skip
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(**VISION), text_config=text, tie_word_embeddings=False,
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"), vision_feature_layer=-1,
    )  # fmt: skip
    model = LlavaForConditionalGeneration(config).eval()
    layer = model.model.language_model.layers[0]
    nn.init.zeros_(layer.self_attn.o_proj.weight)
    nn.init.zeros_(layer.mlp.down_proj.weight)
    model.model.language_model.embed_tokens.weight.copy_(torch.eye(len(tokenizer), width))
    nn.init.zeros_(model.lm_head.weight)
    for before, after in (("FIRST", spoken[0]), ("SECOND", spoken[1]),
                          *((text, "<eos>") for text in spoken)):  # fmt: skip
        row, column = tokenizer.convert_tokens_to_ids([after, before])
        model.lm_head.weight[row, column] = 10
    model.generation_config.eos_token_id, model.generation_config.pad_token_id = 2, 1
    model.save_pretrained(folder)
    LlavaProcessor(
        image_processor=CLIPImageProcessor(size={"shortest_edge": 32}, crop_size=SIZE),
        tokenizer=tokenizer, patch_size=16, vision_feature_select_strategy="default",
        num_additional_image_tokens=1, chat_template=CHAT,
    ).save_pretrained(folder)  # fmt: skip
    return folder


def save_qwen(folder):
    """Qwen2.5-VL of one layer, untrained; its processor needs torchvision to be opened."""
    signs = ("<|vision_start|>", "<|image_pad|>", "<|video_pad|>", "<|vision_end|>")
    tokenizer = word_tokenizer(
        ["USER", "SAID", "FIRST", "SECOND"], unk_token="<unk>", pad_token="<pad>", eos_token="<eos>"
    )
    tokenizer.add_special_tokens({"additional_special_tokens": list(signs)})
    names = ("vision_start_token_id", "image_token_id", "video_token_id", "vision_end_token_id")
    text = {
        "vocab_size": len(tokenizer), "hidden_size": 32, "intermediate_size": 16,
        "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1,
        "bos_token_id": None, "eos_token_id": 2, "pad_token_id": 1,
        "rope_parameters": {"rope_type": "default", "mrope_section": [2, 3, 3],
                            "rope_theta": 10_000.0},
    }  # fmt: skip
    vision = {"depth": 1, "hidden_size": 32, "intermediate_size": 16, "num_heads": 2,
              "out_hidden_size": 32, "fullatt_block_indexes": [0]}  # fmt: skip
    config = Qwen2_5_VLConfig(
        text_config=text, vision_config=vision, tie_word_embeddings=False,
        **dict(zip(names, tokenizer.convert_tokens_to_ids(list(signs)), strict=True)),
    )  # fmt: skip
    model = seeded(Qwen2_5_VLForConditionalGeneration, config).eval()
    model.generation_config.eos_token_id, model.generation_config.pad_token_id = 2, 1
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    chat = CHAT.replace("<image>", "<|vision_start|><|image_pad|><|vision_end|>")
    (folder / "chat_template.jinja").write_text(chat)
    pictures = {"image_processor_type": "Qwen2VLImageProcessor", "min_pixels": 56 * 56,
                "max_pixels": 4 * 56 * 56, "processor_class": "Qwen2_5_VLProcessor"}  # fmt: skip
    (folder / "preprocessor_config.json").write_text(json.dumps(pictures))
    return folder


def card(folder, **fields):
    """Write a model card with this front matter."""
    lines = "\n".join(f"{name}: {value}" for name, value in fields.items())
    (folder / "README.md").write_text(f"---\n{lines}\n---\n# a model\n")
    return folder


def checkerboard(size=48, step=6, colours=((255, 40, 0), (0, 60, 255))):
    """Return a picture that is not blank, uint8 [H, W, 3]."""
    picture = Image.new("RGB", (size, size), colours[0])
    for row in range(0, size, step):
        for column in range((row // step % 2) * step, size, 2 * step):
            picture.paste(colours[1], (column, row, column + step, row + step))
    return torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8).view(
        size, size, 3
    ).numpy()  # fmt: skip
