internal import HTTPTypes
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore
internal import TimeZones

/// `/logs/` and `/items/`: the trees of the spool with these names. Links in the first are followed to logs of jobs only, and
/// none in the other.
extension ScrapydSite {
    /// A listing, a redirection to one, or a file.
    ///
    /// - Parameters:
    ///   - path: the path after the tree's name, decoded but for `%2F`.
    ///   - tree: `logs` or `items`.
    func files(_ path: String, of tree: String) async throws -> APIResponse {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
        let isListing = path.hasSuffix("/")
        let names = isListing ? parts.dropLast() : parts
        guard
            names.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && !$0.contains("%2F") && !$0.utf8.contains(0) })
        else { return ScrapydPage.notFound }
        let shown = ([tree] + names).map { ScrapydPage.encoded($0) }.joined(separator: "/")
        if path.isEmpty { return ScrapydPage.redirection(to: "/\(tree)/") }
        return try await api.blocking { [spool, zone = api.settings.timeZones.local] in
            let place = RelativePath(names.map { FileName($0) })
            let top = spool.root.directoryIfAny(tree)
            if let directory = top?.foreignDirectoryIfAny(place) {
                guard isListing else { return ScrapydPage.redirection(to: "/\(shown)/") }
                let title = "/" + ([tree] + names).joined(separator: "/") + "/"
                return ScrapydPage.html(DirectoryListing(of: directory, in: zone).html(title))
            }
            if names.isEmpty, top == nil { return ScrapydPage.html(DirectoryListing.empty.html("/\(tree)/")) }
            guard !isListing, let name = names.last else { return ScrapydPage.notFound }
            return try file(place, name, of: tree, in: spool)
        }
    }
}

/// A file of a tree as it is now: a log of a job, or another file beside it.
private func file(_ path: RelativePath, _ name: String, of tree: String, in spool: Spool) throws -> APIResponse {
    let type = FileType(of: name)
    do throws(SystemError) {
        if tree == Spool.logs, let id = spool.job(ofLog: path) {
            guard let job = spool.directoryIfAny(of: id) else { return ScrapydPage.notFound }
            return .file(try JobFile(job.directory.foreignFile("job.err"), type.fields))
        }
        return .file(try JobFile(spool.root.directory(tree).foreignFile(path), type.fields))
    } catch {
        guard JobFile.isAbsence(error) else { throw APIError(SpoolError(error, while: "open the file")) }
        return ScrapydPage.notFound
    }
}

/// The type of a file by its name, as scrapyd tells it. HTML is none: a spider can write it.
struct FileType {
    /// The media type, without parameters.
    let media: String
    /// The content coding, such as gzip.
    let coding: String?

    init(of name: String) {
        var name = name.lowercased()[...]
        coding = name.hasSuffix(".gz") ? "gzip" : nil
        if coding != nil { name = name.dropLast(3) }
        media = name.hasSuffix(".json") ? "application/json" : name.hasSuffix(".csv") ? "text/csv" : "text/plain"
    }

    /// The header fields of the file.
    var fields: HTTPFields {
        var fields: HTTPFields = [
            .contentType: media.hasPrefix("text/") ? "\(media); charset=utf-8" : media,
            .xContentTypeOptions: "nosniff", .contentSecurityPolicy: "default-src 'none'; sandbox",
        ]
        if let coding { fields[.contentEncoding] = coding }
        return fields
    }
}
