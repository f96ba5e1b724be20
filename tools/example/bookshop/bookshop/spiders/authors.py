import scrapy

from bookshop.items import Author
from bookshop.payload import Payload


class AuthorsSpider(scrapy.Spider):
    """Goes from the books of the shop's list to the pages of those who wrote them, and yields the authors."""

    name = "authors"

    def __init__(self, payload=None, **arguments):
        super().__init__(**arguments)
        self.payload = Payload.parse(payload)
        self.start_urls = [self.payload.first_page]
        self.followed = set()

    def parse(self, response):
        for link in response.css("article.book a[itemprop=author]::attr(href)").getall():
            if self.payload.is_reached(len(self.followed)):
                return
            address = response.urljoin(link)
            if address not in self.followed:
                self.followed.add(address)
                yield scrapy.Request(address, self.parse_author)
        if not self.payload.is_reached(len(self.followed)):
            yield from response.follow_all(css="a[rel=next]")

    def parse_author(self, response):
        author = response.css("article.author")
        yield Author(
            name=author.css("h1::text").get(),
            born=int(author.css("time[itemprop=birthDate]::attr(datetime)").get()),
            books=author.css("li [itemprop=name]::text").getall(),
        )
