"""What a test asks of a spider."""

import json


def parse(text):
    """The payload as a dictionary; an empty one when there is none."""
    values = json.loads(text) if text else {}
    if not isinstance(values, dict):
        raise ValueError("the payload must be a JSON object")
    return values
