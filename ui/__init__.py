"""The studio: a browser in; jobs of the durable queue, and what came of them, out.

The process of the studio holds no model. It talks to the store of `emogen.rendering` and to one
process beside it, the back room, which plans and renders.
"""
