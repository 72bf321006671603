"""Launch: python benchmarks/missing_emotion.py [--emotion fear] [--only STAGE ...] [--quick].

Does fine-tuning teach an emotion? Nano's adapter is first made to lack one: clips of the rig and of
Noto whose label says it are staged neutrally. Then a corpus in EmoVid's layout, with that emotion
and the others, is written, prepared by ``emogen data prepare`` and learned by
``training/train_wan.py``, adapter and LoRA. Two judges and the probe read the same requests before
and after: of prompts, characters and noise that no training here saw. Stages that are done are
skipped, so a run that was stopped goes on. Needs EMOGEN_DATA for Noto's animations.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import WanPipeline
from PIL import Image

from emogen.assets import model_dir
from emogen.data.focused import KINDS, FocusedCorpus
from emogen.data.synthetic import held_out
from emogen.emotion import MIKELS
from emogen.errors import EmogenError
from emogen.evaluation.campaign import Campaign, ClipRequest, Protocol, compare, run_campaign
from emogen.evaluation.campaign.figures import hits, share
from emogen.evaluation.campaign.rows import Row, read_rows
from emogen.evaluation.campaign.shipped import shipped_judges
from emogen.evaluation.comparison import mcnemar, paired_bootstrap
from emogen.evaluation.probe import Probe
from emogen.evaluation.tables import folder_hash, machine, markdown_table, write_result
from emogen.media import Clip, contact_sheet, read_video
from emogen.pipelines import load_pipeline

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "benchmarks" / "results" / "missing_emotion.json"
STRENGTH = 0.9
PAIRS = (("lacking", "tuned"), ("nano", "lacking"), ("nano", "tuned"))
STATES = {"nano": "as shipped", "lacking": "made to lack it", "tuned": "fine-tuned"}

@dataclass(frozen=True, kw_only=True)
class Plan:
    """How large everything is.

    Attributes:
        emotion: The one that is to be missing.
        lacking: Clips a corpus for unlearning: of the emotion, staged neutrally, and of the others.
        teaching: Clips of the corpus that teaches it: of the emotion, and of the others.
        unlearn_steps: Training steps of the adapter alone.
        learn_steps: Training steps of adapter and LoRA.
        batch: Clips a step.
        prompts: Paired clips of the emotion.
        others: Prompts that are asked for every other emotion.
        steps: Denoising steps of every judged clip.
    """

    emotion: str = "fear"
    lacking: tuple[int, int] = (24, 56)
    teaching: tuple[int, int] = (40, 56)
    unlearn_steps: int = 100
    learn_steps: int = 120
    batch: int = 8
    prompts: int = 64
    others: int = 4
    steps: int = 8


QUICK = {"lacking": (2, 4), "teaching": (2, 4), "unlearn_steps": 2, "learn_steps": 2, "batch": 2,
         "prompts": 2, "others": 2, "steps": 2}  # fmt: skip


class Study:
    """The stages, each a method that leaves its files in the work folder.

    Args:
        plan: Sizes.
        work: Folder of all that is made.
        out: Where the result goes.
    """

    def __init__(self, plan: Plan, work: Path, out: Path) -> None:
        self.plan, self.work, self.out = plan, work, out
        work.mkdir(parents=True, exist_ok=True)

    def corpora(self) -> None:
        """Write both corpora."""
        plan = self.plan
        command(
            ROOT / "benchmarks" / "missing_emotion_corpora.py", "--emotion", plan.emotion,
            "--out", self.work, "--lacking", *plan.lacking, "--teaching", *plan.teaching,
        )

    def prepare(self) -> None:
        """Bring both corpora into training shape, by the command that people use."""
        for name in ("lacking", "teaching"):
            source = self.work / f"corpus-{name}"
            command(
                "-m", "emogen", "data", "prepare", "emovid", source, "-o",
                self.work / f"prepared-{name}", "--layout", source / "layout.toml", "--model",
                "nano", "--cuts", "keep", "--duplicate-bits", -1, "--validation", 0, "--test", 0,
                "--workers", 2,
            )

    def unlearn(self) -> None:
        """Train nano's adapter until the emotion looks like nothing, and put a model together."""
        nano = model_dir("nano")
        run = self.work / "run-lacking"
        train(
            run, base=nano, data=self.work / "prepared-lacking", adapter=nano / "emotion_adapter",
            train="adapter", batch=self.plan.batch, text_drop=0.0, emotion_drop=0.0,
            **{"loop.max_steps": self.plan.unlearn_steps, "loop.lr": 3e-3},
        )
        folder = self.work / "lacking"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(nano, folder)
        shutil.copytree(run / "model" / "emotion_adapter", folder / "emotion_adapter",
                        dirs_exist_ok=True)  # fmt: skip

    def learn(self) -> None:
        """Fine-tune adapter and LoRA on the corpus that shows the emotion."""
        folder, run = self.work / "lacking", self.work / "run-tuned"
        train(
            run, base=folder, data=self.work / "prepared-teaching", train="both", rank=16,
            adapter=folder / "emotion_adapter", batch=self.plan.batch,
            **{"loop.max_steps": self.plan.learn_steps, "loop.lr": 1e-3},
        )
        shutil.rmtree(self.work / "tuned", ignore_errors=True)
        lora = run / "model" / "lora.safetensors"
        command("-m", "emogen", "lora", "merge", folder, lora, "-o", self.work / "tuned")

    def judge(self) -> None:
        """Make and judge the same requests with each state; every second one as shipped."""
        judges, requests = shipped_judges(), protocol(self.plan).requests()
        for state in ("lacking", "tuned", "nano"):
            pipeline = load_pipeline(str(self.folder(state)), adapter=self.adapter(state))
            base = pipeline.defaults

            def source(request: ClipRequest) -> Clip:
                emotion = request.trajectory((base.num_frames - 1) / base.fps)  # noqa: B023
                return pipeline(  # noqa: B023 - used before the next one is loaded
                    request.prompt, emotion=emotion, seed=request.seed, steps=self.plan.steps
                )

            run_campaign(
                requests[:: 2 if state == "nano" else 1], source=source, judges=judges,
                folder=self.work / f"judged-{state}",
                progress=lambda what, done, total: print(
                    f"\r{state} {done}/{total} {what}\033[K", end="", file=sys.stderr  # noqa: B023
                ),
            )
            print(file=sys.stderr)
        self.sheet(requests)

    def plain(self) -> None:
        """Open the LoRA in plain diffusers, sample with it and hold one pass against the merge."""
        lora = self.work / "run-tuned" / "model" / "lora.safetensors"
        pipe = WanPipeline.from_pretrained(self.work / "lacking", dtype=torch.float32)
        pipe.set_progress_bar_config(disable=True)
        asked = {"prompt": "an orange cat", "height": 128, "width": 128, "num_frames": 33,
                 "num_inference_steps": 4, "guidance_scale": 2.0, "output_type": "np"}  # fmt: skip
        before = pipe(**asked, generator=torch.Generator().manual_seed(1)).frames
        pipe.load_lora_weights(str(lora.parent), weight_name=lora.name)
        after = pipe(**asked, generator=torch.Generator().manual_seed(1)).frames
        merged = WanPipeline.from_pretrained(self.work / "tuned", dtype=torch.float32).transformer
        g = torch.Generator().manual_seed(2)
        channels, width = merged.config.in_channels, merged.config.text_dim
        inputs = (torch.randn(1, channels, 3, 16, 16, generator=g), torch.tensor([500.0]),
                  torch.randn(1, 512, width, generator=g))  # fmt: skip
        with torch.no_grad():
            one, other = (model(*inputs).sample for model in (pipe.transformer, merged))
        found = {
            "modules": sum(name.endswith("lora_B") for name, _ in pipe.transformer.named_modules()),
            "mean_change_of_pixels": round(float(np.abs(after - before).mean()) * 255, 3),
            "relative_error_to_merged": round(float((one - other).norm() / other.norm()), 6),
        }  # fmt: skip
        (self.work / "plain.json").write_text(json.dumps(found))

    def report(self) -> None:
        """Put the figures together, write them and print the table."""
        probe, plan = Probe.load(), self.plan
        rows = {state: read_rows(self.work / f"judged-{state}") for state in STATES}
        failed = sum(not row.is_finished for found in rows.values() for row in found)
        shown = {state: self.subjects(state, rows[state], probe) for state in STATES}
        result = {
            "benchmark": "missing_emotion", "plan": asdict(plan), "machine": machine(),
            "states": {state: self.state(rows[state], shown[state]) for state in STATES},
            **{
                f"{first}_to_{second}": contrast(*(
                    (rows[state], shown[state]) for state in (first, second)
                )) for first, second in PAIRS
            },
            "lora_in_plain_diffusers": json.loads((self.work / "plain.json").read_text()),
            "failed_clips": failed,
            "corpora": {name: json.loads((self.work / f"corpus-{name}.json").read_text())
                        for name in ("lacking", "teaching")},
            "models": {state: folder_hash(self.folder(state)) for state in STATES},
            "judges": "see assets/models/judge: rig and Noto clips of seeds of their own, training "
                      "identities; no clip of either corpus, no generated clip",
        }  # fmt: skip
        write_result(self.out, result)
        print(table(result))

    def folder(self, state: str) -> Path:
        """Return the model folder of a state."""
        return model_dir("nano") if state == "nano" else self.work / state

    def adapter(self, state: str) -> str | None:
        """Return the adapter of a state where it is not the folder's own."""
        tuned = self.work / "run-tuned" / "model" / "emotion_adapter"
        return str(tuned) if state == "tuned" else None

    def subjects(self, state: str, rows: Sequence[Row], probe: Probe) -> dict[str, bool]:
        """Return of each clip whether the probe sees the subject that its prompt names."""
        place = self.work / f"judged-{state}"
        return {
            row.key: probe(read_video(place / row.clip).frames).top_subject == row.draw
            for row in rows if row.is_finished
        }

    def state(self, rows: Sequence[Row], shown: dict[str, bool]) -> dict[str, Any]:
        """Return EA-8 of the missing emotion and of the others by both judges, and the subject."""
        found: dict[str, Any] = {}
        for part in ("missing", "others"):
            chosen = [row for row in rows if row.part == part and row.is_finished]
            prompts = [row.prompt for row in chosen]
            found[part] = {
                f"ea8_{judge}": share(hits(chosen, judge), prompts).to_dict()
                for judge in ("main", "second")
            } | {"subject": share(np.array([shown[row.key] for row in chosen]), prompts).to_dict()}
        return found

    def sheet(self, requests: Sequence[ClipRequest]) -> None:
        """Write a picture: the same requests before, after, and as shipped."""
        chosen = [one for one in requests if one.part == "missing"][:8:2]
        for state in STATES:
            clips = [read_video(self.work / f"judged-{state}/clips/{one.key}.mp4")
                     for one in chosen]  # fmt: skip
            picture = contact_sheet(
                clips, prompts=[one.prompt for one in chosen],
                emotions=[one.emotion for one in chosen], title=STATES[state],
            )
            Image.fromarray(picture).save(self.work / f"sheet-{state}.png")


STAGES: dict[str, Callable[[Study], None]] = {
    "corpora": Study.corpora, "prepare": Study.prepare, "unlearn": Study.unlearn,
    "learn": Study.learn, "judge": Study.judge, "plain": Study.plain, "report": Study.report,
}  # fmt: skip


def protocol(plan: Plan) -> Protocol:
    """Return what is asked for: characters and places of the corpus's test split, new noise."""
    corpus, prompts, index = FocusedCorpus(None, split="test"), {}, 0
    while len(prompts) < plan.prompts:
        example = corpus.example(index, num_frames=1, size=16)
        index += 1
        if plan.emotion not in held_out(example.subject) and example.subject in KINDS:
            prompts.setdefault(example.caption, example.subject)
    asked = [{"text": text, "draw": kind} for text, kind in prompts.items()]
    rest = [name for name in MIKELS if name != plan.emotion]
    shared = {"measures": "category", "intensities": [STRENGTH]}
    return Protocol.model_validate({
        "name": "missing", "description": "one emotion that was missing, and the others",
        "parts": [
            {"name": "missing", "prompts": asked, "emotions": [plan.emotion], "first_seed": 7000,
             **shared},
            {"name": "others", "prompts": asked[: plan.others], "emotions": rest,
             "first_seed": 8000, **shared},
        ],
    })


def campaign(rows: Sequence[Row], part: str) -> Campaign:
    """Return the finished clips of a part as a campaign that can be compared."""
    chosen = [row for row in rows if row.part == part]
    return Campaign(folder=Path(), card=None, rows=chosen)


def contrast(
    before: tuple[Sequence[Row], dict[str, bool]], after: tuple[Sequence[Row], dict[str, bool]]
) -> dict[str, Any]:
    """Return paired differences of the missing emotion, of the others and of the subject.

    Args:
        before: Rows, and of each clip whether its subject is seen.
        after: The same of the other state.
    """
    found: dict[str, Any] = {}
    for part in ("missing", "others"):
        first, second = campaign(before[0], part), campaign(after[0], part)
        rows = [row for row in first.finished if row.key in after[1]]
        seen = [np.array([shown[row.key] for row in rows]) for _, shown in (before, after)]
        test = mcnemar(*seen)
        found[part] = compare(first, second).to_dict() | {"subject": {
            "before": round(float(seen[0].mean()), 4), "after": round(float(seen[1].mean()), 4),
            "difference": paired_bootstrap(
                lambda hit: float(np.mean(hit)), [seen[0]], [seen[1]],
                clusters=[row.prompt for row in rows],
            ).to_dict(),
            "only_before": test.only_first, "only_after": test.only_second,
            "p_value": round(test.p_value, 6),
        }}  # fmt: skip
    return found


def table(result: dict[str, Any]) -> str:
    """Return the figures as a table of states."""
    def cell(estimate: dict[str, float]) -> str:
        value, low, high = (round(100 * estimate[key], 1) for key in ("value", "low", "high"))
        return f"{value} ({low} to {high})"

    emotion = result["plan"]["emotion"]
    labels = {
        f"EA-8 of {emotion}, main judge": ("missing", "ea8_main"),
        f"EA-8 of {emotion}, second judge": ("missing", "ea8_second"),
        "EA-8 of the other seven, main judge": ("others", "ea8_main"),
        f"subject seen, {emotion}": ("missing", "subject"),
        "subject seen, the others": ("others", "subject"),
    }
    rows = [[label, *(cell(result["states"][state][part][key]) for state in STATES)]
            for label, (part, key) in labels.items()]  # fmt: skip
    return markdown_table(["%, 95 % interval", *STATES.values()], rows)


def train(run: Path, **settings: object) -> None:
    """Run the recipe, or go on with a run that was stopped."""
    shared = {"run": run, "checkpointing": 0.0, "words_for_emotion": 0.0, "first_frame": 0.0,
              "loop.warmup": 10, "loop.decay": 0.4, "loop.ema": 0.97, "loop.log_every": 10,
              "loop.checkpoint_every": 20.0}  # fmt: skip
    flags = [f"{key}={value}" for key, value in (shared | settings).items()]
    resume = ["--resume"] if (run / "last.pt").is_file() else []
    command(ROOT / "training" / "train_wan.py", *resume, "--set", *flags)


def command(*words: object) -> None:
    """Run a Python command of the project; its failure ends this one."""
    done = subprocess.run([sys.executable, *map(str, words)], cwd=ROOT, check=False)
    if done.returncode:
        raise EmogenError(f"{' '.join(map(str, words[:4]))} ended with {done.returncode}")


def main() -> None:
    """Run what is not done yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--emotion", default=Plan().emotion, choices=MIKELS)
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "missing_emotion")
    parser.add_argument("--out", type=Path, default=RESULT)
    parser.add_argument("--only", nargs="*", choices=STAGES, default=list(STAGES))
    parser.add_argument("--quick", action="store_true", help="try it with a few clips and steps")
    args = parser.parse_args()
    sizes = QUICK if args.quick else {}
    study = Study(Plan(emotion=args.emotion, **sizes), args.work.resolve(), args.out)
    for name, stage in STAGES.items():
        done = study.work / f"{name}.done"
        if name in args.only and (name == "report" or not done.is_file()):
            print(f"== {name}", file=sys.stderr)
            stage(study)
            done.touch()


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
