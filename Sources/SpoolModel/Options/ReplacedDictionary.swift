/// A setting of a job that would replace a whole dictionary of its project, instead of adding to it.
public struct ReplacedDictionary: Error, Hashable, Sendable, CustomStringConvertible {
    /// The version of Scrapy whose default settings ``names`` were taken from.
    public static let scrapyVersion = "2.19.0"
    /// The settings of Scrapy that are dictionaries.
    public static let names: Set<String> = [
        "ADDONS", "DEFAULT_REQUEST_HEADERS", "DOWNLOADER_MIDDLEWARES", "DOWNLOADER_MIDDLEWARES_BASE",
        "DOWNLOAD_HANDLERS", "DOWNLOAD_HANDLERS_BASE", "DOWNLOAD_SLOTS", "EXTENSIONS", "EXTENSIONS_BASE", "FEEDS",
        "FEED_EXPORTERS", "FEED_EXPORTERS_BASE", "FEED_STORAGES", "FEED_STORAGES_BASE", "ITEM_PIPELINES",
        "ITEM_PIPELINES_BASE", "REFERRER_POLICIES", "SPIDER_CONTRACTS", "SPIDER_CONTRACTS_BASE", "SPIDER_MIDDLEWARES",
        "SPIDER_MIDDLEWARES_BASE",
    ]

    /// The setting's name.
    public let name: String

    /// The message: what would happen and what to do.
    public var description: String {
        "The setting \(name) is a dictionary, and a value of the command line replaces the one of the project as a "
            + "whole: change it in the project's settings.py, or confirm with `force`"
    }
}

extension JobOptions {
    /// Throws if a setting would replace a dictionary of the project.
    public func checkSettings() throws(ReplacedDictionary) {
        if let setting = settings.first(where: { ReplacedDictionary.names.contains($0.name) }) {
            throw ReplacedDictionary(name: setting.name)
        }
    }
}
