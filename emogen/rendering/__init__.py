"""Many clips, each once: manifests in; clips in a folder and the store that knows their state out.

Importing this package loads neither torch nor a model.
"""
