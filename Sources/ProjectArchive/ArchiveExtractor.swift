import Glibc

/// Unpacks an untrusted zip or tar.
///
/// Accepts only regular files, directories, and symbolic links that stay inside. Files get 0644 or 0755, directories
/// 0755; owners, times and attributes are dropped. Memory does not grow with the size of the archive or of its files.
public struct ArchiveExtractor: Sendable {
    private let limits: ArchiveLimits
    private let makesReadOnly: Bool
    private let readsEggs: Bool

    /// An extractor with these limits.
    ///
    /// - Parameter makesReadOnly: whether files get 0444 or 0555 instead; directories can be written to all the same.
    /// - Parameter readsEggs: whether a zip is recognized by its end, as Python's zipfile does, so that other bytes may stand
    ///   before it.
    public init(limits: ArchiveLimits = ArchiveLimits(), makesReadOnly: Bool = false, readsEggs: Bool = false) {
        self.readsEggs = readsEggs
        self.limits = limits
        self.makesReadOnly = makesReadOnly
    }

    /// Unpacks an archive into an empty directory.
    ///
    /// Blocks the calling thread. Nothing is flushed: the caller calls syncfs(2). After an error the directory holds a
    /// part of the archive. Names in Unicode's NFD form become NFC where the archive declares them as UTF-8.
    ///
    /// - Parameters:
    ///   - archive: A regular file that is open for reading. It is read from its beginning; its offset does not change.
    ///   - directory: An open, empty directory to which no other process writes.
    public func extract(archive: Int32, into directory: Int32) throws(ArchiveError) -> ArchiveSummary {
        try withUTF8Locale { () throws(ArchiveError) in
            var file = try ArchiveFile(archive)
            guard file.size > 0 else { throw .noBytes }
            let zipStart = readsEggs ? try ZipStart.offset(in: file) : nil
            if let zipStart, zipStart > 0 { file = try ArchiveFile(archive, from: zipStart) }
            let format = zipStart != nil ? .zip : ArchiveFormat(beginning: try file.bytes(at: 0, count: 6))
            let deadline = Deadline(after: limits.duration, format: format)
            let budget = ExtractionBudget(limits: limits, format: format, archiveBytes: file.size, deadline: deadline)
            var extraction = Extraction(into: directory, budget: budget, makesReadOnly: makesReadOnly)
            if format == .zip {
                try unpackZip(file, deadline: deadline, with: &extraction)
            } else {
                try unpackTar(file, format: format, deadline: deadline, with: &extraction)
            }
            return try extraction.finish()
        }
    }

    private func unpackZip(
        _ file: ArchiveFile, deadline: Deadline, with extraction: inout Extraction
    ) throws(ArchiveError) {
        let directory = try ZipCentralDirectory(of: file, limits: limits, deadline: deadline)
        let reader = try ArchiveReader(.zip, of: .zip, from: FileFeed(file, deadline: deadline))
        guard try reader.open() else { throw .damaged(.zip, "its directory is damaged") }
        var entries = 0
        while let entry = try reader.nextEntry() {
            try extraction.add(entry, from: reader)
            entries += 1
        }
        // libarchive skips an entry whose data begins at the same offset as another's.
        guard entries == directory.entries else { throw .damaged(.zip, "some of its entries share their data") }
    }

    private func unpackTar(
        _ file: ArchiveFile, format: ArchiveFormat, deadline: Deadline, with extraction: inout Extraction
    ) throws(ArchiveError) {
        let stream = try TarStream(file, format: format, limits: limits, deadline: deadline)
        let reader = try ArchiveReader(.tar, of: format, from: stream)
        guard try reader.open() else {
            throw format == .tar ? .notAnArchive : .damaged(format, "its decompressed content is no tar file")
        }
        var end: Int64 = 0
        while let entry = try reader.nextEntry() {
            try extraction.add(entry, from: reader)
            end = reader.consumed
        }
        if end > 0 { try stream.finish(lastEntryEnd: end) }
    }
}
