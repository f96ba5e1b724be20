internal import SpoolModel

/// The effect of a push on the spiders of its project.
struct SpiderChange {
    /// The most names in a message.
    private static let mostNames = 20

    /// The previous version, if there is one.
    private let present: ProjectMetadata?
    private let list: SpiderList.Listing

    init(from present: ProjectMetadata?, to list: SpiderList.Listing) {
        self.present = present
        self.list = list
    }

    /// Whether the project has spiders and would have none.
    var isLossOfAll: Bool { list.spiders.isEmpty && present?.spiders.isEmpty == false }

    /// The reason why such a push is refused.
    func refusal(of name: ProjectName) -> String {
        let spiders = present?.spiders ?? []
        return "The push would take away all spiders of project \(name) (\(SpiderChange.names(spiders))), since "
            + "`scrapy list` names none; if that is meant, send the field \"allow-empty\" with the value \"yes\"\(remarks)"
    }

    /// The warnings for the client: modules that could not be imported, spiders that are gone.
    var warnings: [String] {
        var warnings = (list.notice.map { [$0] } ?? []) + list.warnings
        let kept = Set(list.spiders)
        let lost = (present?.spiders ?? []).filter { !kept.contains($0) }
        if list.spiders.isEmpty {
            warnings.append("The project has no spiders\(remarks)")
        } else if !lost.isEmpty, let present {
            warnings.append("Spiders of version \(present.version) are gone: \(SpiderChange.names(lost))\(remarks)")
        } else if list.warnings.isEmpty, list.said.contains(SpiderChange.importFailure) {
            warnings.append("`scrapy list` could not load all spiders\(remarks)")
        }
        return warnings
    }

    /// The warning of Scrapy's spider loader, when it is only on standard error.
    private static let importFailure = "Could not load spiders from module"

    /// The standard error of `scrapy list`, after a colon and a line feed; empty if the loader's warnings are reported
    /// instead.
    private var remarks: String {
        if !isLossOfAll, !list.warnings.isEmpty { return "" }
        return list.said
    }

    private static func names(_ spiders: [SpiderName]) -> String {
        let named = spiders.prefix(mostNames).map(\.description).joined(separator: ", ")
        return spiders.count > mostNames ? "\(named) and \(spiders.count - mostNames) more" : named
    }
}
