/// A project as in a store's `metadata.pkl`, not validated.
public struct ScrapyDoProject: Hashable, Sendable {
    /// Its name.
    public let name: String
    /// Its spiders, in scrapy-do's order.
    public let spiders: [String]
}
