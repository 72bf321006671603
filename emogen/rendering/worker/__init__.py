"""One worker: orders in, finished files and messages about them out; models stay loaded between."""
