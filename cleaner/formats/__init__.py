"""Input and output formats: each reads documents from one kind of file and writes their articles."""
