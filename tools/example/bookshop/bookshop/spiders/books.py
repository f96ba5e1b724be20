import scrapy

try:
    import humanize
except ImportError:
    # Packages of requirements.txt are there only if the server has uv.
    humanize = None

from bookshop.items import Book
from bookshop.payload import Payload


class BooksSpider(scrapy.Spider):
    """Turns the pages of the shop's list, and yields the books on them."""

    name = "books"

    def __init__(self, payload=None, **arguments):
        super().__init__(**arguments)
        self.payload = Payload.parse(payload)
        self.start_urls = [self.payload.first_page]
        self.found = 0

    def parse(self, response):
        for book in response.css("article.book"):
            if self.payload.is_reached(self.found):
                return
            self.found += 1
            yield Book(
                title=book.css("[itemprop=name]::text").get(),
                price=float(book.css("[itemprop=price]::attr(value)").get()),
                stock=int(book.css(".stock::attr(data-count)").get()),
                rating=int(book.css("[itemprop=ratingValue]::attr(content)").get()),
                url=response.urljoin(book.css("a[itemprop=url]::attr(href)").get()),
            )
        if not self.payload.is_reached(self.found):
            yield from response.follow_all(css="a[rel=next]")

    def closed(self, reason):
        if humanize:
            self.logger.info("Saw %s books", humanize.intcomma(self.found))
