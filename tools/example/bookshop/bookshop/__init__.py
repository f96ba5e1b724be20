"""Reads the books and the authors of the example site, which `tools/site` serves."""
