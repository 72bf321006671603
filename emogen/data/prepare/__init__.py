"""From a corpus to training shape: entries in; examples, caches, statistics and a card out.

entries -> examined (probe, cuts, fingerprint, colours) -> chosen (buckets, words, splits)
-> manifest -> latent and text caches; statistics, figures and a data card beside them
"""
