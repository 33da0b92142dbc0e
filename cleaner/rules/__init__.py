"""What a rule is: as written (``spec``), compiled (``compiled``), and what its shapes and conditions mean."""
