"""Google's animated Noto emoji: a zip of Lottie files in, captioned clips with an emotion out.

714 animations of 449 pictures (skin tones make up the rest), by Google, CC BY 4.0. Credit them as
"Animated Noto Emoji by Google, CC BY 4.0" wherever frames or weights made from them go.

What ``labels.tsv`` says was set by hand with every animation on screen; its rule:

1. The *expressed* emotion is labelled, not the one a viewer may feel: a roaring dinosaur is angry,
   a spider or a bomb is nothing.
2. Faces are read as the Facial Action Coding System would: raised cheeks and lip corners are
   contentment, with an open mouth amusement; lowered brows anger; raised inner brows with a frown
   sadness, with wide eyes or a blue forehead fear; a dropped jaw alone is surprise, which Mikels'
   eight lack and which is booked as awe with a share of fear; nose, tongue and cheeks of nausea
   disgust. Contempt, boredom and doubt are weak disgust. One clip has one label, that of its apex.
3. Hearts are affection, by convention: contentment with a share of excitement.
4. Gestures count where one meaning prevails (thumbs, applause, prayer, insult); an open hand, a
   pointing finger or a fist bump carries none. Animals count if face or body shows it plainly.
5. Objects without a face carry no emotion: their cell is empty. A face at rest is ``neutral``.
6. Intensity is the strength of the display. Valence, arousal and dominance are those of the
   display as seen, so they are never larger than the intensity, and are not scaled again.
"""

from emogen.data.noto.captions import captions
from emogen.data.noto.labels import Label, load_labels
from emogen.data.noto.reader import NotoCorpus, NotoItem, split

__all__ = ["Label", "NotoCorpus", "NotoItem", "captions", "load_labels", "split"]
