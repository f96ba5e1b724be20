import json
import os

import scrapy


def words(path):
    """The words that the kernel keeps in a file of /proc, each ended by a NUL."""
    with open(path, "rb") as file:
        return os.fsdecode(file.read()).split("\0")[:-1]


class EchoSpider(scrapy.Spider):
    """Writes what it was started with to `echo.json` of the current directory, and the same to stdout, on one line.

    The object has `argv` and `env` as they were at execve(2), before Python and Scrapy added to them, `cwd`, and
    `payload`: the argument as it came, or null.
    """

    name = "echo"

    def __init__(self, payload=None, **arguments):
        super().__init__(**arguments)
        self.text = payload

    async def start(self):
        environment = dict(variable.split("=", 1) for variable in words("/proc/self/environ"))
        line = json.dumps(
            {"argv": words("/proc/self/cmdline"), "env": environment, "cwd": os.getcwd(), "payload": self.text},
            sort_keys=True)
        with open("echo.json", "w", encoding="ascii") as file:
            file.write(line + "\n")
        print(line, flush=True)
        return
        yield
