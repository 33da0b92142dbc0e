"""What becomes of verdicts: overrides for the next run, what they would change, and two runs side by side.

verdicts ─> overrides ─> effects over the log ─> a rule file ─> the next run ─> compared with this one
"""
