BOT_NAME = "broken"
SPIDER_MODULES = ["broken.spiders"]
TELNETCONSOLE_ENABLED = False
