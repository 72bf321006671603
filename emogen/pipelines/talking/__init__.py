"""Parts of the talking-head pipeline: what is fed in, chunk by chunk, and how chunks join."""
