"""Drawn characters with faces that feel: emotion vectors in, expressive pictures out."""
