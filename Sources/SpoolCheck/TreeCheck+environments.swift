internal import Crypto
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// Python environments: whether their files are those that were installed.
extension TreeCheck {
    /// Compares each file of each environment with the digest in its package's RECORD ("Recording installed projects" of
    /// the Python packaging specifications). Byte code has no digests there.
    func checkEnvironments() {
        guard let stock = spool.root.directoryIfAny(Spool.environments) else { return }
        for name in stock.namesIfAny().sorted() where EnvironmentKey(name) != nil {
            confirm {
                // It may be in quarantine by now, or deleted.
                guard stock.contains(name), let problem = TreeCheck.damage(of: name, in: stock) else { return [] }
                return [
                    Finding(
                        "\(Spool.environments)/\(name)", .warning, "\(problem); it is built again when a job needs it",
                        .quarantine(as: "environment.\(name)"))
                ]
            }
        }
    }

    /// The first difference; nil if there is none.
    private static func damage(of name: String, in stock: borrowing Directory) -> String? {
        do throws(SystemError) {
            let python = try stock.directory("\(name)/\(Spool.python)")
            let place = try Spool.sitePackages(of: python)
            let packages = try python.directory(place)
            for package in try packages.names().sorted() where package.hasSuffix(".dist-info") {
                let record = try packages.foreignFile("\(package)/RECORD").readAll(limit: 64 << 20)
                for line in String(decoding: record, as: UTF8.self).split(whereSeparator: \.isNewline) {
                    guard let entry = RecordEntry(line), let path = entry.path(from: place) else { continue }
                    if try digest(of: path, in: python) != entry.digest {
                        return "\(path) is not the file of its package \(package.dropLast(".dist-info".count))"
                    }
                }
            }
            return nil
        } catch {
            return error.isMissing ? "a file of its packages is missing" : "it cannot be read: \(error)"
        }
    }

    private static func digest(of path: String, in python: borrowing Directory) throws(SystemError) -> String {
        let file = try python.foreignFile(path)
        var hash = SHA256()
        try file.forEachPiece { hash.update(data: $0) }
        return RecordEntry.text(Array(hash.finalize()))
    }
}
