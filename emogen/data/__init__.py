"""Corpora to training examples: animations, scenes and characters in, captioned clips out."""
