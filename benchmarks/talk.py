"""Launch: EMOGEN_DATA=DIR python benchmarks/talk.py [faces] [auto] [--portraits woman fox man].

Does a talking head of the rig show what is asked, and does it follow the voice? The judge looks at
the pictures alone (vision; the sound is taken away) and shares no weights with what made them.

    faces   eight emotions x three voices x three portraits: EA-8, the share in which the strongest
            of Mikels' eight is the one asked for, and the same with neutral competing; contact
            sheets to look at; what emotion costs the lips, beside the same voices without emotion
    auto    `--emotion auto` on every recording of RAVDESS's actors 21 to 24, whom neither encoders
            nor audio-to-motion learned from: UAR over the eight labels, from voice to judged face,
            beside the encoders alone and beside faces that were asked for the right label

Voices: RAVDESS's actor 21 and nEMO's speaker KS0 (held out), LJSpeech. Each part goes into its own
entry of benchmarks/results/talk.json; sheets into the folder of --sheets.
"""

import argparse
import csv
import io
import json
import os
import sys
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emogen.assets import model_dir
from emogen.data.speech.reader import SpeechCorpus, Utterance, decode_samples
from emogen.emotion import MIKELS, RAVDESS, Trajectory, convert, parse
from emogen.encoders import read_sources
from emogen.errors import EmogenError
from emogen.evaluation import Recogniser
from emogen.evaluation.metrics.accuracy import emotion_hits
from emogen.evaluation.metrics.lips import bilabial_closures, lip_sync, silent_lips
from emogen.evaluation.recogniser.recognition import Summary
from emogen.evaluation.statistics import bootstrap_mean, wilson
from emogen.evaluation.tables import folder_hash, machine, markdown_table, write_result
from emogen.media import Clip, contact_sheet, save_image
from emogen.motion import FPS, MotionTrack, aperture, join
from emogen.motion.a2m import AudioToMotion, MotionSettings
from emogen.motion.phones import BILABIALS, SILENCE, PhoneSpan
from emogen.pipelines.rig_head import RigHead
from emogen.pipelines.speaking.feeling import decided
from emogen.pipelines.speaking.portrait import open_likeness

ACTORS = tuple(f"ravdess-{number}" for number in (21, 22, 23, 24))
SAMPLE_RATE = 16_000
JUDGED_FPS = 8.0
"""Frames drawn a second for the judge, who looks at four."""
LONGEST = 5.0
_PAUSE = 0.35


@dataclass(frozen=True, kw_only=True)
class Voice:
    """A recording with its text, empty where the ear has no spelling for its language."""

    name: str
    samples: np.ndarray
    text: str


def read_voices(data: Path) -> list[Voice]:
    """Return three neutral recordings of voices that nothing here learned from, or few minutes."""
    ravdess, nemo = SpeechCorpus("ravdess"), SpeechCorpus("nemo")
    actor = next(one for one in ravdess if one.speaker == ACTORS[0] and one.label == "neutral")
    speaker = next(one for one in nemo if one.speaker == "nemo-KS0" and one.label == "neutral")
    archive = zipfile.ZipFile(data / "ljspeech_16k.zip")
    names = {Path(name).stem: name for name in archive.namelist() if name.endswith(".flac")}
    table = next(name for name in archive.namelist() if name.endswith("metadata.csv"))
    lines = csv.reader(io.TextIOWrapper(archive.open(table), "utf-8"), delimiter="|",
                       quoting=csv.QUOTE_NONE)  # fmt: skip
    for row in lines:
        samples = decode_samples(archive.read(names[row[0]]))
        if 3 < len(samples) / SAMPLE_RATE < LONGEST:
            break
    return [
        Voice(name="ravdess-21", samples=ravdess.samples(actor), text=actor.text),
        Voice(name="nemo-KS0", samples=nemo.samples(speaker), text=""),
        Voice(name=f"lj {row[0]}", samples=samples, text=row[-1]),
    ]


def film(head: RigHead, samples: np.ndarray, mood: Trajectory | np.ndarray | None, seed: int
         ) -> tuple[np.ndarray, MotionTrack]:  # fmt: skip
    """Return the frames [T, H, W, 3] of a recording and the motion as it was drawn."""
    tracks: list[MotionTrack] = []
    frames = head.stream([samples], emotion=mood, settings=MotionSettings(seed=seed),
                         watch=tracks.append)  # fmt: skip
    return np.stack(list(frames)), join(tracks)


def look(judge: Recogniser, frames: np.ndarray) -> Summary:
    """Return what the judge sees in frames."""
    clip = Clip(frames=frames, fps=JUDGED_FPS)
    return judge.recognise(clip, modalities=("vision",)).summary


def faces(args: argparse.Namespace, judge: Recogniser, a2m: AudioToMotion) -> dict[str, Any]:
    """Draw and judge every emotion, voice and portrait."""
    rows, tracks, kept = [], [], {}
    voices = read_voices(args.data)
    for name in args.portraits:
        likeness = open_likeness(name, size=(args.side, args.side))
        head = RigHead(likeness.portrait, a2m=a2m, fps=JUDGED_FPS)
        for voice in voices:
            for mood in (*MIKELS, None):
                curve = None if mood is None else parse(f"{mood}:{args.strength}")
                frames, track = film(head, voice.samples, curve, args.seed)
                tracks.append((name, voice, mood, track))
                if mood is None:
                    continue
                told = look(judge, frames)
                kept[name, voice.name, mood] = frames
                rows.append({
                    "portrait": name, "voice": voice.name, "asked": mood,
                    "judged": told.likeliest, "confidence": round(told.confidence, 4),
                    "hit": bool(emotion_hits([mood], told.emotion[None])[0]),
                    "asked_share": round(float(told.emotion[MIKELS.index(mood)]), 4),
                })  # fmt: skip
                print("{portrait:12} {voice:12} {asked:12} -> {judged:12} {asked_share:.2f}"
                      .format(**rows[-1]), flush=True)  # fmt: skip
    if args.sheets is not None:
        write_sheets(args, voices, kept)
    lips = lip_costs([one for one in tracks if one[0] == args.portraits[0]], a2m)
    return {"rows": rows, **shares(rows), "lips": lips}


def shares(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the share that was found, and by portrait, voice and emotion."""
    found = np.array([row["hit"] for row in rows])
    whole = wilson(int(found.sum()), len(found))
    of_nine = wilson(sum(row["asked"] == row["judged"] for row in rows), len(rows))
    cells = [f"{row['portrait']} {row['voice']}" for row in rows]
    resampled = bootstrap_mean(found.astype(float), cells)
    parts = {
        key: {
            name: round(float(found[[row[key] == name for row in rows]].mean()), 3)
            for name in dict.fromkeys(row[key] for row in rows)
        }
        for key in ("portrait", "voice", "asked")
    }
    return {
        "found": [whole.value, whole.low, whole.high], "clips": len(rows),
        "found_with_neutral": [of_nine.value, of_nine.low, of_nine.high],
        "found_by_portrait_and_voice": [resampled.value, resampled.low, resampled.high], **parts,
    }


def write_sheets(args: argparse.Namespace, voices: Iterable[Voice], kept: dict) -> None:
    """Write one contact sheet a portrait: emotions down, moments of the first voice across."""
    args.sheets.mkdir(parents=True, exist_ok=True)
    voice = next(iter(voices)).name
    for name in args.portraits:
        clips = [Clip(frames=kept[name, voice, mood], fps=JUDGED_FPS) for mood in MIKELS]
        sheet = contact_sheet(clips, emotions=list(MIKELS), columns=8, tile_height=160,
                              title=f"{name}, {voice}")  # fmt: skip
        save_image(sheet, args.sheets / f"talk_{name.replace(':', '_')}.png")


def lip_costs(tracks: Sequence[tuple], a2m: AudioToMotion) -> dict[str, Any]:
    """Return lip metrics without emotion, with it, and what it costs, over voices with a text."""
    figures: dict[str, list[dict[str, float]]] = {"off": [], "on": []}
    spans: dict[str, tuple[PhoneSpan, ...]] = {}
    for _, voice, mood, track in tracks:
        if not voice.text:
            continue
        if voice.name not in spans:
            spans[voice.name] = a2m.align(voice.samples, voice.text).spans
        told = lips_of(track, voice, spans[voice.name])
        figures["off" if mood is None else "on"].append(told)
    means = {
        side: {name: float(np.nanmean([told[name] for told in rows])) for name in rows[0]}
        for side, rows in figures.items()
    }
    off, on = means["off"], means["on"]
    cost = {name: 1 - on[name] / off[name] for name in ("envelope_r", "closure_recall")}
    return {"without_emotion": off, "with_emotion": on, "cost": cost,
            "voices": sorted(spans)}  # fmt: skip


def lips_of(track: MotionTrack, voice: Voice, spans: Sequence[PhoneSpan]) -> dict[str, float]:
    """Return the lip metrics of motion as it was drawn."""
    gap = aperture(track)
    said = np.zeros(len(gap), bool)
    for span in spans:
        if span.phone != SILENCE:
            said[round(span.start * FPS) : round(span.end * FPS) + 1] = True
    times = np.array([(span.start, span.end) for span in spans if span.phone in BILABIALS])
    match = lip_sync(gap, voice.samples, sample_rate=SAMPLE_RATE, fps=FPS)
    edges = np.flatnonzero(np.diff(np.r_[0, ~said, 0]))
    has_pause = (edges[1::2] - edges[::2]).max(initial=0) >= _PAUSE * FPS
    return {
        "envelope_r": match.correlation, "lag_seconds": match.lag,
        "closure_recall": bilabial_closures(gap, times, said, fps=FPS).recall
        if len(times) else float("nan"),
        "silent_lips": silent_lips(gap, said, fps=FPS).against_speech
        if has_pause else float("nan"),
    }  # fmt: skip


def auto(args: argparse.Namespace, judge: Recogniser, a2m: AudioToMotion) -> dict[str, Any]:
    """Follow the voice of the held-out actors and judge the face."""
    corpus = SpeechCorpus("ravdess")
    chosen = [one for one in corpus if one.speaker in ACTORS][:: args.every]
    portraits = {"male": "man", "female": "woman"}
    heads = {
        sex: RigHead(open_likeness(name, size=(args.side, args.side)).portrait, a2m=a2m,
                     fps=JUDGED_FPS)
        for sex, name in portraits.items()
    }  # fmt: skip
    rows = []
    for done, one in enumerate(chosen):
        rows.append(follow(one, corpus.samples(one), heads[one.sex], judge, args.seed))
        print(f"\r{done + 1}/{len(chosen)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    ways = {"encoders": "heard", "auto": "judged", "asked": "judged_asked"}
    table = {way: uar([row["label"] for row in rows], [row[key] for row in rows],
                      [row["speaker"] for row in rows]) for way, key in ways.items()}  # fmt: skip
    return {"rows": rows, "clips": len(rows), "portraits": portraits, "uar": table}


def follow(
    one: Utterance, samples: np.ndarray, head: RigHead, judge: Recogniser, seed: int
) -> dict[str, str]:
    """Return the label of a recording, what the encoders heard and what the judge saw."""
    heard = read_sources(samples)
    vectors = heard.sample(int(np.ceil(heard.seconds * FPS)), FPS)
    shown, _ = film(head, samples, decided(vectors), seed)
    asked, _ = film(head, samples, parse(one.label), seed)
    mean = vectors.mean(0)[:8]
    return {
        "label": one.label, "speaker": one.speaker, "file": one.file,
        "heard": as_ravdess(np.append(mean, 1 - mean.sum())),
        "judged": as_ravdess(look(judge, shown).emotion),
        "judged_asked": as_ravdess(look(judge, asked).emotion),
    }  # fmt: skip


def as_ravdess(shares_of_nine: np.ndarray) -> str:
    """Return RAVDESS's likeliest label of a distribution over the nine categories."""
    return RAVDESS[int(convert(shares_of_nine, "categories", "ravdess").argmax())]


def uar(labels: Sequence[str], told: Sequence[str], speakers: Sequence[str]) -> dict[str, Any]:
    """Return the mean recall of the labels with an interval over speakers, and each recall."""
    hits = np.array([label == said for label, said in zip(labels, told, strict=True)], float)
    counts = {label: labels.count(label) for label in RAVDESS}
    weighted = hits * [len(labels) / (len(RAVDESS) * counts[label]) for label in labels]
    estimate = bootstrap_mean(weighted, speakers)
    return {
        "uar": estimate.value, "low": estimate.low, "high": estimate.high,
        "recall": {
            label: round(float(hits[[one == label for one in labels]].mean()), 3)
            for label in RAVDESS
        },
        "told": {label: told.count(label) for label in RAVDESS},
    }


def report(result: dict[str, Any]) -> None:
    """Print what was measured."""
    if "faces" in result:
        part = result["faces"]
        print("EA-8 {:.2f} ({:.2f} to {:.2f}) of {} clips".format(*part["found"], part["clips"]))
        print("with neutral {:.2f} ({:.2f} to {:.2f})".format(*part["found_with_neutral"]))
        rows = [[key, name, value] for key in ("portrait", "voice", "asked")
                for name, value in part[key].items()]  # fmt: skip
        print(markdown_table(["by", "", "found"], rows))
        print(json.dumps(part["lips"], indent=1))
    if "auto" in result:
        rows = [[way, f"{row['uar']:.3f} ({row['low']:.3f} to {row['high']:.3f})",
                 row["recall"]] for way, row in result["auto"]["uar"].items()]  # fmt: skip
        print(markdown_table(["way", "UAR", "recall"], rows))


def main() -> None:
    """Measure the parts asked for and write them beside those measured before."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=["faces", "auto", []], default=[])
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("EMOGEN_DATA", ".")))
    parser.add_argument("--portraits", nargs="+", default=["woman", "fox", "man"])
    parser.add_argument("--strength", type=float, default=1.0)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--every", type=int, default=1, help="take every Nth recording of 'auto'")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--judge", choices=["main", "second"], default="main")
    parser.add_argument("--sheets", type=Path)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/talk.json"))
    args = parser.parse_args()
    judge, a2m = Recogniser.load(judge=args.judge), AudioToMotion()
    result = json.loads(args.out.read_bytes()) if args.out.is_file() else {}
    for part in args.parts or ["faces", "auto"]:
        measured = {"faces": faces, "auto": auto}[part](args, judge, a2m)
        settings = {"strength": args.strength, "side": args.side, "seed": args.seed,
                    "judge": args.judge, "every": args.every}  # fmt: skip
        models = {name: folder_hash(model_dir(name)) for name in ("a2m", "judge", "encoders")}
        result[part] = {"settings": settings, "machine": machine(), "models": models, **measured}
        write_result(args.out, result)
    report(result)


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
