"""What `emogen talk` does, step by step: a checked request in, a video and its answer out."""
