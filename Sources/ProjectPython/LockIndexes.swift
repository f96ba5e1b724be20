internal import SpoolModel

/// The indexes that the lock of another tool takes its packages from, besides PyPI.
enum LockIndexes {
    /// The addresses, each once.
    static func addresses(in file: PackageFile) -> [String] {
        switch file.kind {
        case .uvLock: ofUV(file.content)
        case .poetryLock: ofPoetry(file.content)
        case .pipfileLock: ofPipfile(file.content)
        case .requirements, .pylock, .project: []
        }
    }

    /// `source = { registry = "URL" }`.
    private static func ofUV(_ lock: String) -> [String] {
        lock.split(whereSeparator: \.isNewline).compactMap { line -> String? in
            guard let start = line.firstRange(of: "source = { registry = \"") else { return nil }
            let rest: Substring = line[start.upperBound...]
            return String(rest.prefix { $0 != "\"" })
        }
    }

    /// `[package.source]` with `type = "legacy"` and `url`.
    private static func ofPoetry(_ lock: String) -> [String] {
        lock.split(separator: "[package.source]").dropFirst().compactMap { part -> String? in
            let table = part.split(whereSeparator: \.isNewline).prefix { !$0.hasPrefix("[") }.joined(separator: "\n")
            let lines = TOMLLines(table)
            return lines.string("type", in: "") == "legacy" ? lines.string("url", in: "") : nil
        }
    }

    /// `_meta.sources`.
    private static func ofPipfile(_ lock: String) -> [String] {
        let sources = JSON(ifValid: Array(lock.utf8))?["_meta"]?["sources"]?.elements ?? []
        return sources.compactMap { $0["url"]?.text }
    }
}
