"""The process beside the studio: questions on stdin in; answers and events on stdout out.

It plans and renders, so that what is heavy, or may crash, is not where the browser's requests are.
Run as `python -m ui.backroom FOLDER`; it ends when its stdin does.
"""
