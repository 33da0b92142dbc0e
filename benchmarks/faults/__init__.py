"""Whether a run loses anything, whatever happens to it."""
