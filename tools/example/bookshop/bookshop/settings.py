"""Settings of every spider of this project."""

BOT_NAME = "bookshop"
SPIDER_MODULES = ["bookshop.spiders"]
NEWSPIDER_MODULE = "bookshop.spiders"

USER_AGENT = "bookshop (the example of scrapy-spool)"
ROBOTSTXT_OBEY = True

# One page after the other: the same items in the same order, each time.
CONCURRENT_REQUESTS = 1
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 0

# The site needs no cookies, and the console would take a port.
COOKIES_ENABLED = False
TELNETCONSOLE_ENABLED = False

LOG_LEVEL = "INFO"

# A relative path is in the job's own directory, where it is kept with the job.
FEEDS = {"items.jsonl": {"format": "jsonlines", "encoding": "utf-8", "overwrite": True}}
