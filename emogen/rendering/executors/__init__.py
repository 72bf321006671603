"""Where workers run: one process per device here, or actors of a Ray cluster."""
