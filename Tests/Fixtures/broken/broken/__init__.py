"""A project whose spiders cannot be listed."""
