"""Spiders that behave in ways a supervisor must cope with. None of them uses the network."""
