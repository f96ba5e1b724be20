public import LinuxSystem
public import SpoolModel

/// A temporary directory in which a dry run unpacks an archive.
public enum TrialPlace {
    /// Makes a directory, calls `body` with it, and removes it.
    ///
    /// - Parameters:
    ///   - token: a part of its name.
    ///   - body: returns why what it tries is not imported; nil if it is.
    public static func with(_ token: JobID, _ body: (borrowing Directory) -> Obstacle?) throws(Obstacle) {
        let failure: Obstacle?
        do throws(SystemError) {
            let temporary = try Directory(path: Host.environment("TMPDIR") ?? "/tmp")
            let place = "scrapy-spool-import-\(token)"
            try temporary.makeDirectory(place)
            defer { temporary.removeLeftoverTree(place) }
            failure = body(try temporary.directory(place))
        } catch {
            throw Obstacle(error, while: "make a directory for temporary files")
        }
        if let failure { throw failure }
    }
}
