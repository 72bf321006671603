"""What guidance moves away from, by emotion: a negative prompt in, one that leaves room for it out.

Negative prompts in use were written for calm footage. They ban what some emotions need ("bright
tones" bans joy, "overall gray" bans sadness, "static" bans calm), so those parts go, and looks of
the opposite feeling are added, because video models smile unless told otherwise.
"""

from emogen.emotion import MIKELS, Trajectory

WAN_NEGATIVE = (
    "bright tones, overexposed, static, blurred details, subtitles, style, works, paintings, "
    "images, overall gray, worst quality, low quality, JPEG compression residue, ugly, incomplete, "
    "extra fingers, poorly drawn hands, poorly drawn faces, deformed, disfigured, misshapen limbs, "
    "fused fingers, still picture, messy background, three legs, many people in the background, "
    "walking backwards"
)
"""English form of the negative prompt that Wan2.1's authors recommend."""

_NEEDS = {
    "amusement": ("bright tones",),
    "awe": ("static", "still picture", "overexposed"),
    "contentment": ("bright tones", "static", "still picture"),
    "excitement": ("bright tones", "overexposed", "messy background"),
    "anger": ("ugly",),
    "disgust": ("ugly", "messy background"),
    "fear": ("ugly", "overall gray"),
    "sadness": ("overall gray", "static", "still picture"),
}
_OPPOSITES = {
    "amusement": ("crying", "bored face"),
    "awe": ("bored face", "dull light"),
    "contentment": ("tense face", "frantic motion"),
    "excitement": ("sleepy face", "sluggish motion"),
    "anger": ("smiling", "relaxed face"),
    "disgust": ("smiling", "pleased face"),
    "fear": ("smiling", "relaxed face"),
    "sadness": ("smiling", "laughing", "cheerful colours"),
}
_SHARE = 0.2


def negative_prompt(base: str, emotion: Trajectory | None) -> str:
    """Return ``base`` without what the emotion needs and with the looks of its opposite.

    An empty base stays empty: models without a negative prompt were not trained to heed one. Of a
    curve, every category counts that reaches a fifth, and an opposite that is itself asked for at
    another time is not added.

    Args:
        base: Comma-separated negative prompt of the model.
        emotion: What is asked for; None or neutral changes nothing.
    """
    if not base or emotion is None or emotion.is_neutral:
        return base
    asked = _categories(emotion)
    needed = {phrase for name in asked for phrase in _NEEDS[name]}
    kept = [part.strip() for part in base.split(",") if part.strip() not in needed]
    cheerful = {"amusement", "contentment", "excitement"} & set(asked)
    added = dict.fromkeys(phrase for name in asked for phrase in _OPPOSITES[name])
    if cheerful and len(cheerful) < len(asked):
        added = {}
    return ", ".join([*kept, *(phrase for phrase in added if phrase not in kept)])


def _categories(emotion: Trajectory) -> list[str]:
    seconds = max(emotion.seconds, 1e-3)
    weights = emotion.sample(9, 8 / seconds).max(axis=0)  # (12,), over the whole curve
    return [name for name, weight in zip(MIKELS, weights, strict=False) if weight >= _SHARE]
