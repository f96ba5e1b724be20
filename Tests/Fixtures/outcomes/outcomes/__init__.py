"""Crawls that end in every way that Scrapy knows, most of them with exit status 0."""
