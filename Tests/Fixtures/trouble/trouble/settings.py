BOT_NAME = "trouble"
SPIDER_MODULES = ["trouble.spiders"]
TELNETCONSOLE_ENABLED = False
LOG_LEVEL = "INFO"
