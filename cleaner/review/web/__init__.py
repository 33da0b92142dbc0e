"""The web app of ``cleaner review``: a page on this machine alone, for one run.

``server`` answers, ``guard`` decides what is answered at all, ``static/`` is what the browser shows.
"""
