"""Several shots in one clip: clips of the shots in; one clip with fades, words and a sound out."""
