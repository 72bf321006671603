"""A model-agnostic training loop: a loss function and parameters in, checkpoints out."""
