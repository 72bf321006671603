"""Acted speech: a zip of recordings and its labels.csv in, utterances with speaker and label out.

Two corpora, both CC BY-NC-SA 4.0, so that whatever learns from them is for non-commercial use:

RAVDESS (Livingstone and Russo 2018, PLoS ONE 13(5)): 1,440 clips, 24 actors, English, eight
    emotions, two intensities, two sentences.
nEMO (Christop 2024, LREC-COLING): 4,481 clips, nine speakers, Polish, six emotions, 90 sentences.

Splits are by speaker: `speaker_folds` deals the speakers of a corpus out, men and women evenly.
"""

from emogen.data.speech.folds import speaker_folds
from emogen.data.speech.reader import (
    ARCHIVES,
    SAMPLE_RATE,
    SPEECH_LABELS,
    SpeechCorpus,
    Utterance,
)

__all__ = [
    "ARCHIVES",
    "SAMPLE_RATE",
    "SPEECH_LABELS",
    "SpeechCorpus",
    "Utterance",
    "speaker_folds",
]
