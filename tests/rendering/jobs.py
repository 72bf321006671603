"""Jobs for tests of rendering: settings in, ids and whole jobs out, without planning."""

import hashlib

from emogen.rendering.job import Job

CARDS = dict.fromkeys(("text2video", "image2video"), "benchmarks.rendering_cards:CardEngine")
"""A light engine that draws real clips; see there what words of a prompt do."""


def job(prompt="a cat", **asked):
    settings = {
        "size": "64x64", "frames": 9, "fps": 8.0, "steps": 2, "guidance": 2.0,
        "emotion_guidance": 2.0,
    }  # fmt: skip
    return Job(prompt=prompt, **settings | asked)


def entries_of(jobs):
    entries = []
    for one in jobs:
        name = hashlib.sha256(one.model_dump_json().encode()).hexdigest()[:20]
        entries.append((name, one.model_copy(update={"output": one.output or f"{name}.mp4"})))
    return entries
