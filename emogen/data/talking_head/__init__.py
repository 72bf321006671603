"""Talking heads to learn from: cached sessions of drawn faces, and folders of filmed ones."""
