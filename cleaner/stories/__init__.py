"""Tells the stories of a text apart: what its paragraphs share, and where another story begins."""
