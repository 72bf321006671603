"""A person asks for a talking head: the parts that the command line and batches share.

- `portrait`: a character's name or a picture with landmarks in, a likeness that can be drawn out.
- `feeling`: a sound, perhaps its words, and what was asked in; the emotion of each frame out.
- `delivery`: frames and the sound in, one marked and sealed file out.
"""
