"""What the spiders yield."""

from dataclasses import dataclass, field
from typing import List


@dataclass
class Book:
    """A book of the shop."""

    title: str
    #: In pounds.
    price: float
    #: Copies in the shop.
    stock: int
    #: One to five stars.
    rating: int
    url: str


@dataclass
class Author:
    """A writer, with the titles the shop has."""

    name: str
    #: The year.
    born: int
    books: List[str] = field(default_factory=list)
