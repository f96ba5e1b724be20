"""Has schemathesis try the API against its own description: conform.py URL FOLDER JOB.

The server must have the project trouble, and the job, which has ended. Arguments that must name something that is there get
the names of these, so that most of what is tried gets past the names.
"""

import json
import pathlib
import subprocess
import sys
import urllib.request

SPIDERS = ["echo", "quick", "fail"]

# What a text cannot be told to be: a name that is no longer there when it comes, an archive, bytes that the log has; and a
# name of a further field that the header of a part cannot hold, or a whole number that is written as 1.0.
REFUSALS = ["pushProject", "removeProject", "cancelJob", "pinJob", "getLog", "listJobs", "scheduleJob",
            "setVersion", "setVariables", "pauseSchedule", "editSchedule", "getEnvironment", "nextRuns",
            "searchLogs"]
CONFIGURATION = "".join(f"""
[[operations]]
include-operation-id = "{name}"
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 404, 413, 416]
""" for name in REFUSALS)


def pin(description, job):
    """Puts the names of what is there where names are wanted."""
    paths = description["paths"]
    known = {"project": ["trouble"], "spider": SPIDERS, "id": [job], "log": [f"{job}.err", f"{job}.out"],
             "when": ["every 2 days", "cron 0 4 * * mon-fri"], "path": ["echo.json"],
             "name": ["style.css", "main.js"], "payload": ["{}", '{"a": [1, "b"]}']}
    for path, methods in paths.items():
        for operation in methods.values():
            for parameter in operation.get("parameters", []):
                # Others take any name, and tell that there is nothing of it.
                if parameter["name"] in known and parameter["required"] and path != "/next-runs.json":
                    parameter["schema"]["enum"] = known[parameter["name"]]
            for kind, content in operation.get("requestBody", {}).get("content", {}).items():
                # What is JSON in a text is not for a description to say.
                if kind == "application/json":
                    content["schema"]["properties"].pop("payload", None)
                for name, schema in content["schema"]["properties"].items():
                    # The project is to stay.
                    if name in known and name != "name":
                        schema["enum"] = known[name]


def main(address, folder, job):
    with urllib.request.urlopen(address + "openapi.json") as answer:
        description = json.load(answer)
    pin(description, job)
    place = pathlib.Path(folder)
    (place / "pinned.json").write_text(json.dumps(description))
    (place / "schemathesis.toml").write_text(CONFIGURATION)
    program = pathlib.Path(sys.executable).parent / "schemathesis"
    return subprocess.run([
        program, "--config-file", "schemathesis.toml", "run", "pinned.json", "--url", address.rstrip("/"), "--no-color",
        "--phases", "examples,coverage,fuzzing", "--max-examples", "25", "--seed", "1", "--continue-on-failure",
        # The answer of one has no end; the other would delete the job that all the others need.
        "--exclude-path", "/events", "--exclude-path", "/delete-job.json", "--request-timeout", "120", "--warnings", "off",
    ], cwd=folder, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
