/// A project as the `metadata.pkl` of a store records it. Nothing of it is checked.
public struct ScrapyDoProject: Hashable, Sendable {
    /// Its name.
    public let name: String
    /// Its spiders, in scrapy-do's order.
    public let spiders: [String]
}
