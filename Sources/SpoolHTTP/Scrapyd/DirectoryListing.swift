internal import LinuxSystem
internal import Scheduling
internal import SpoolModel

/// The listing of a directory in scrapyd's HTML, which ScrapydWeb and scrapyd-api read.
struct DirectoryListing {
    private struct Entry {
        let name: String
        /// Bytes; nil for a directory.
        let size: Int64?
        let modified: Int64
    }

    private let entries: [Entry]
    private let zone: TimeZoneRules

    /// A directory without names in it.
    static let empty = DirectoryListing(entries: [], zone: .utc)

    private init(entries: [Entry], zone: TimeZoneRules) {
        self.entries = entries
        self.zone = zone
    }

    /// The names in a directory: directories first, each kind sorted. Names that are not UTF-8 and links that lead nowhere are
    /// left out.
    init(of directory: borrowing Directory, in zone: TimeZoneRules) {
        var entries: [Entry] = []
        for (name, kind) in directory.entriesIfAny() where !name.isHidden {
            guard let text = name.text, let information = DirectoryListing.target(text, kind, in: directory) else {
                continue
            }
            let isDirectory = information.kind == .directory
            guard isDirectory || information.kind == .file else { continue }
            entries.append(
                Entry(
                    name: text, size: isDirectory ? nil : information.size,
                    modified: information.modificationTime.seconds))
        }
        self.init(
            entries: entries.sorted { ($0.size == nil ? 0 : 1, $0.name) < ($1.size == nil ? 0 : 1, $1.name) },
            zone: zone)
    }

    private static func target(
        _ name: String, _ kind: FileInformation.Kind?, in directory: borrowing Directory
    ) -> FileInformation? {
        guard kind == .symbolicLink else { return directory.informationIfAny(name) }
        // One that leads nowhere is left out.
        return try? directory.informationOfTarget(name)
    }

    /// The page.
    ///
    /// - Parameter path: the directory's path on the site, with a slash at its end.
    func html(_ path: String) -> String {
        let title = ScrapydPage.escaped("Directory listing for \(path)")
        return """
            <html>
            <head>
            <title>\(title)</title>
            <style>
            body { margin: 2rem; font: 1rem/1.5 sans-serif; }
            h1 { font-size: 1.25rem; }
            th, td { padding-right: 2rem; text-align: left; }
            .odd td { border-bottom: thin dotted; }
            </style>
            </head>

            <body>
            <h1>\(title)</h1>

            <table>
                <thead>
                    <tr>
                        <th>Name</th>
                        <th>Size</th>
                        <th>Modified</th>
                        <th>Type</th>
                        <th>Encoding</th>
                    </tr>
                </thead>
                <tbody>
            \(entries.enumerated().map { row($1, isOdd: $0 % 2 == 0) }.joined())
                </tbody>
            </table>

            </body>
            </html>

            """
    }

    private func row(_ entry: Entry, isOdd: Bool) -> String {
        let slash = entry.size == nil ? "/" : ""
        let type = FileType(of: entry.name)
        let cells = [
            "<a href=\"\(ScrapydPage.encoded(entry.name))\(slash)\">\(ScrapydPage.escaped(entry.name))\(slash)</a>",
            entry.size.map { DirectoryListing.text(ofSize: $0) } ?? "",
            String(zone.civil(at: Timestamp(seconds: entry.modified)).text.prefix(16)),
            entry.size == nil ? "[Directory]" : "[\(type.media)]",
            entry.size == nil ? "" : type.coding.map { "[\($0)]" } ?? "",
        ]
        return "<tr class=\"\(isOdd ? "odd" : "even")\">\n\(cells.map { "    <td>\($0)</td>\n" }.joined())</tr>\n"
    }

    /// Whole bytes, K, M or G, rounded down.
    private static func text(ofSize size: Int64) -> String {
        switch size {
        case ..<1024: "\(size)B"
        case ..<(1 << 20): "\(size >> 10)K"
        case ..<(1 << 30): "\(size >> 20)M"
        default: "\(size >> 30)G"
        }
    }
}
