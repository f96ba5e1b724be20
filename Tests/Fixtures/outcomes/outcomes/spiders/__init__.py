"""The spiders, by what goes wrong."""
