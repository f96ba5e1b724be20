"""What a job is asked to do, as it is written in its payload."""

import json
import os
from dataclasses import dataclass
from typing import Optional

DEFAULT_SITE = "http://127.0.0.1:8899/"


@dataclass(frozen=True)
class Payload:
    """The payload `{"site": URL, "limit": COUNT, "category": NAME}`; every part of it may be left out."""

    #: The address of the shop, ended by a slash.
    site: str
    #: How many items are enough; None for all.
    limit: Optional[int] = None
    #: The category to look at, `travel` for instance; None for all.
    category: Optional[str] = None

    @classmethod
    def parse(cls, text: Optional[str]) -> "Payload":
        """Reads the spider's argument `payload`.

        Without a site in it, BOOKSHOP_SITE of the environment is the site. Raises ValueError for anything that is
        not such a payload.
        """
        values = json.loads(text) if text else {}
        if not isinstance(values, dict):
            raise ValueError("the payload must be a JSON object")
        site = values.get("site") or os.environ.get("BOOKSHOP_SITE") or DEFAULT_SITE
        if not isinstance(site, str) or not site.startswith(("http://", "https://")):
            raise ValueError("site must be an address that begins with http:// or https://")
        limit = values.get("limit")
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
            raise ValueError("limit must be a positive whole number")
        category = values.get("category")
        if category is not None and not isinstance(category, str):
            raise ValueError("category must be a string")
        return cls(site.rstrip("/") + "/", limit, category)

    @property
    def first_page(self) -> str:
        """The address of the first page of the list of books."""
        return f"{self.site}category/{self.category}/" if self.category else f"{self.site}books/"

    def is_reached(self, count: int) -> bool:
        """Whether so many items are enough."""
        return self.limit is not None and count >= self.limit
