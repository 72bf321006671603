"""Assemble the embedded model.

``python training/export_nano.py --run runs/nano-video --vae runs/nano-vae/vae``

Writes a folder that ``diffusers.WanPipeline.from_pretrained`` opens as it is, weights in bfloat16,
with the emotion adapter in ``emotion_adapter/`` and emogen's defaults in ``emogen.json``;
``pack_model.py`` makes it smaller for shipping.
"""

import argparse
import json
from pathlib import Path

import torch
from diffusers import AutoencoderKLWan, UniPCMultistepScheduler, WanPipeline, WanTransformer3DModel
from transformers import AutoTokenizer, UMT5EncoderModel

from emogen.conditioning import EmotionAdapter, EmotionAdapterConfig, save_adapter

DEFAULTS = {
    "width": 128,
    "height": 128,
    "num_frames": 33,
    "fps": 16.0,
    "steps": 20,
    "guidance_scale": 2.0,
    "emotion_guidance_scale": 2.0,
    "flow_shift": 3.0,
    "negative_prompt": "",
}


def main() -> None:
    """Parse the command line and write the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--vae", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("assets/models/nano"))
    args = parser.parse_args()
    source = args.run / "model"
    transformer = WanTransformer3DModel.from_pretrained(
        source / "transformer", dtype=torch.bfloat16
    )
    pipeline = WanPipeline(
        transformer=transformer.bfloat16(),
        vae=AutoencoderKLWan.from_pretrained(args.vae).bfloat16(),
        text_encoder=UMT5EncoderModel.from_pretrained(source / "text_encoder").bfloat16(),
        tokenizer=AutoTokenizer.from_pretrained(source / "tokenizer"),
        scheduler=UniPCMultistepScheduler(
            prediction_type="sample",
            use_flow_sigmas=True,
            flow_shift=DEFAULTS["flow_shift"],
            num_train_timesteps=1000,
        ),
        expand_timesteps=True,
    )
    pipeline.save_pretrained(args.out)
    adapter = EmotionAdapter(EmotionAdapterConfig.for_transformer(transformer))
    adapter.load_state_dict(torch.load(source / "adapter.pt", weights_only=True))
    save_adapter(adapter, args.out / "emotion_adapter", base_model="nano")
    (args.out / "emogen.json").write_text(json.dumps(DEFAULTS, indent=2) + "\n")
    for path in args.out.glob("*/config.json"):
        forget_origin(path)
    for path in args.out.rglob("*.safetensors"):
        path.chmod(0o644)
    size = sum(path.stat().st_size for path in args.out.rglob("*") if path.is_file())
    print(f"{args.out}: {size / 1e6:.1f} MB")


def forget_origin(path: Path) -> None:
    """Take the folder that a part was loaded from out of its config: it names this machine."""
    config = json.loads(path.read_text())
    if config.pop("_name_or_path", None) is not None:
        path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
