internal import Glibc
public import LinuxSystem
internal import SpoolModel
internal import Synchronization

/// `history/`: the outcomes of jobs whose directories were deleted, a line each in the file of the day (UTC) on which
/// they ended.
///
/// The lines are on the disk before a directory is moved away. So the tree has a job's directory, its line, or for a
/// moment both; as the line begins with the job's id, the job counts once. Lines are appended; otherwise a file only
/// changes when it is replaced as a whole.
extension Spool {
    /// The name of the directory.
    public static let history = "history"

    /// The names of the files of days, sorted; none if there is no history.
    public func historyDays() throws(SpoolError) -> [String] {
        do throws(SystemError) {
            return try root.directory(Spool.history).names().filter { HistoryLine.day(ofFile: $0) != nil }.sorted()
        } catch {
            guard !error.isMissing else { return [] }
            throw SpoolError(error, while: "list \(Spool.history)/")
        }
    }

    /// The most bytes of a file of `history/` that are counted: those of some two million jobs.
    public static let longestDay: Int64 = 256 << 20

    /// Calls `body` with each piece of a file of `history/` until it returns false.
    ///
    /// - Parameters:
    ///   - limit: the offset at which reading ends at the latest.
    ///   - begin: returns the offset from which to read, given the open file and its metadata.
    public func readHistory(
        of day: String, upTo limit: Int64 = .max,
        from begin: (borrowing Descriptor, FileInformation) throws(SystemError) -> Int64 = { _, _ in 0 },
        _ body: (UnsafeRawBufferPointer) -> Bool
    ) throws(SystemError) {
        let file = try root.foreignFile("\(Spool.history)/\(day)")
        var offset = try begin(file, try file.information())
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
        defer { buffer.deallocate() }
        while offset < limit {
            let room = Int(clamping: min(Int64(buffer.count), limit - offset))
            let count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<room]), at: offset)
            guard count > 0, body(UnsafeRawBufferPointer(rebasing: buffer[..<count])) else { return }
            offset += Int64(count)
        }
    }

    // MARK: Adding

    /// The files and the directory to flush after a round of appended lines.
    final class HistoryRound {
        fileprivate var files: [OpenFile] = []
        fileprivate var directory: OpenDirectory?
        fileprivate var names: Set<String> = []

        /// Calls `body` with the descriptors to flush, which stay open during the call.
        func withNumbers(_ body: ([Int32]) throws(SystemError) -> Void) throws(SystemError) {
            defer { withExtendedLifetime(self) {} }
            try body(files.map { $0.descriptor.number } + (directory.map { [$0.directory.descriptor.number] } ?? []))
        }
    }

    fileprivate final class OpenFile {
        let descriptor: Descriptor
        init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
    }

    fileprivate final class OpenDirectory {
        let directory: Directory
        init(_ directory: consuming Directory) { self.directory = directory }
    }

    /// Appends lines to the files of their days. They are on the disk once the caller has flushed the returned round,
    /// and called ``noteFlushed(_:)``.
    func record(_ lines: [HistoryLine]) throws(SystemError) -> HistoryRound {
        let round = HistoryRound()
        guard !lines.isEmpty else { return round }
        let history = try historyDirectory()
        for (day, lines) in Dictionary(grouping: lines, by: \.day).sorted(by: { $0.key < $1.key }) {
            // The file's name may be lost until the directory was flushed once.
            let isThere = history.informationIfAny(day)?.kind == .file
            if round.directory == nil, !isThere || !knownHistory.withLock({ $0.contains(day) }) {
                round.directory = OpenDirectory(try history.directory("."))
            }
            round.files.append(OpenFile(try append(lines, to: day, in: history)))
            round.names.insert(day)
        }
        return round
    }

    /// Notes that the lines of a round and the names of its files are on the disk.
    func noteFlushed(_ round: HistoryRound) {
        let names = round.names
        knownHistory.withLock { known in
            if known.count > 64 { known = [] }
            known.formUnion(names)
        }
    }

    private func historyDirectory() throws(SystemError) -> Directory {
        if let directory = try root.directoryIfUsable(Spool.history) {
            if knownHistory.withLock({ $0.contains(".") }) { return directory }
        } else if let kind = root.informationIfAny(Spool.history)?.kind, kind != .directory {
            moveAside(Spool.history, of: kind, as: Spool.history)
        }
        let directory = try root.durableSubdirectory(Spool.history)
        // The names known so far belong to another directory.
        knownHistory.withLock { $0 = ["."] }
        return directory
    }

    private func append(
        _ lines: [HistoryLine], to day: String, in history: borrowing Directory
    ) throws(SystemError) -> Descriptor {
        if let present = try history.informationIfPresent(day) {
            if present.kind != .file {
                moveAside("\(Spool.history)/\(day)", of: present.kind, as: "\(Spool.history)-\(day)")
            }
            // A backup may share the file by a hard link.
            if present.links > 1 { try history.separate(day) }
        }
        let file = try history.file(day, O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK)
        let information = try file.information()
        guard information.kind == .file else {
            throw SystemError(code: ENXIO, operation: "open \(Spool.history)/\(day)")
        }
        let (end, separator) = try Spool.endOfLines(of: file, size: information.size)
        if end < information.size { try file.truncate(to: end) }
        do throws(SystemError) {
            try file.write(Array(separator.utf8) + lines.flatMap { Array($0.line.utf8) })
        } catch {
            // The next append cuts off a partial line anyway.
            try? file.truncate(to: end)
            throw error
        }
        return file
    }

    /// The end of a file's lines, and the separator to write before the next one.
    ///
    /// A power loss may leave a partial line, or zeros: the line was never acknowledged, so it is overwritten. Any other
    /// text without a line feed stays: a whole line, as an editor may leave it, or what cannot be read.
    private static func endOfLines(
        of file: borrowing Descriptor, size: Int64
    ) throws(SystemError) -> (end: Int64, separator: String) {
        guard size > 0 else { return (0, "") }
        let start = max(0, size - Int64(HistoryLine.longestTear))
        var tail = [UInt8](repeating: 0, count: 1)
        guard try read(&tail, of: file, at: size - 1), tail[0] != UInt8(ascii: "\n") else { return (size, "") }
        tail = [UInt8](repeating: 0, count: Int(size - start))
        guard try read(&tail, of: file, at: start) else { return (size, "\n") }
        let feed = tail.lastIndex(of: UInt8(ascii: "\n"))
        guard feed != nil || start == 0 else { return (size, "\n") }
        let last = tail[(feed.map { $0 + 1 } ?? 0)...]
        guard HistoryLine(parsing: last) == nil, HistoryLine.isTorn(last) else { return (size, "\n") }
        return (start + Int64(last.startIndex), "")
    }

    private static func read(
        _ bytes: inout [UInt8], of file: borrowing Descriptor, at offset: Int64
    ) throws(SystemError) -> Bool {
        let content = try file.read(count: bytes.count, at: offset)
        guard content.count == bytes.count else { return false }
        bytes = content
        return true
    }

    /// Moves an entry of the wrong type away, so that lines can be written, and notes a remark for the log.
    private func moveAside(_ path: String, of kind: FileInformation.Kind, as newName: String) {
        let right = path == Spool.history ? "directory" : "file"
        let reason = kind == .symbolicLink ? "a symbolic link, which is not followed" : "not a \(right)"
        // If it cannot be moved, opening it fails next and reports the reason.
        guard let place = try? quarantine(path, as: newName, reason: "it should be a \(right)") else { return }
        let remark =
            "\(path) is \(reason), so it was moved to quarantine/\(place), and lines go to a new \(right); its jobs are "
            + "counted again when its lines are put into the new \(right)"
        historyRemarks.withLock { if $0.count < 64 { $0.append(remark) } }
    }

    /// Removes and returns remarks for the log: what was moved to `quarantine/` to write lines, a sentence each.
    public func takeHistoryRemarks() -> [String] {
        historyRemarks.withLock { remarks in
            defer { remarks = [] }
            return remarks
        }
    }

    // MARK: Replacing

    /// Merges the lines of jobs whose directories are gone: jobs with the same spider, outcome, quarter of an hour, and
    /// duration rounded to three digits share a line. Remarks and unreadable lines stay; empty lines are removed. A file
    /// with a line of more than ``longestKept`` bytes is not changed.
    ///
    /// - Returns: the new size in bytes; nil if nothing was changed.
    public func compactHistory(of day: String) throws(SpoolError) -> Int64? {
        try doing("shorten \(Spool.history)/\(day)") { () throws(SystemError) in
            let history = try root.directory(Spool.history)
            let present = try history.information(day)
            var short = HistorySummary { self.contains($0) }
            var text = HistoryText(keeping: Spool.longestKept)
            try readHistory(of: day) { piece in
                text.take(piece) { short.take($0, $1) }
                return !text.hasDropped
            }
            if let end = text.end() { short.take(end, text.unfinished) }
            guard !text.hasDropped else { return nil }
            let content = short.content
            // Keep the file if it was changed in the meantime.
            return try historyWriting.withLock { _ throws(SystemError) in
                guard content.count < present.size, try history.information(day) == present else { return nil }
                try history.publish(day, content)
                return Int64(content.count)
            }
        }
    }

    /// The most bytes of a line that are held in memory, to write it to another file.
    private static let longestKept = 1 << 20

    /// Moves unreadable lines of a file of `history/` to `quarantine/`, and lines of other days to their files. If a line
    /// has more than ``longestKept`` bytes, a copy of the whole file goes to `quarantine/`.
    public func mendHistory(of day: String) throws(SpoolError) {
        try doing("mend \(Spool.history)/\(day)") { () throws(SystemError) in
            let history = try root.directory(Spool.history)
            var (kept, damaged): ([UInt8], [UInt8]) = ([], [])
            var strangers: [HistoryLine] = []
            func take(_ content: HistoryText.Content, _ bytes: ArraySlice<UInt8>) {
                switch content {
                case .damaged: damaged += bytes + [0x0a]
                case .line(let line) where line.day != day: strangers.append(line)
                case .line, .remark: kept += bytes + [0x0a]
                }
            }
            var text = HistoryText(keeping: Spool.longestKept)
            try readHistory(of: day) { piece in
                text.take(piece, take)
                return true
            }
            if let end = text.end() { take(end, text.unfinished) }
            guard !damaged.isEmpty || !strangers.isEmpty else { return }
            if text.hasDropped {
                try quarantine(day, "\(Spool.history)/\(day)") { file throws(SystemError) in
                    _ = try file.copy(from: try history.foreignFile(day))
                }
            } else if !damaged.isEmpty {
                try quarantine(day, "lines of \(Spool.history)/\(day)") { file throws(SystemError) in
                    try file.write(damaged)
                }
            }
            let round = try record(strangers)
            try round.withNumbers { (numbers) throws(SystemError) in try Flush.together(numbers) }
            try history.publish(day, kept)
        }
    }

    private func quarantine(
        _ day: String, _ reason: String, _ write: (borrowing Descriptor) throws(SystemError) -> Void
    ) throws(SystemError) {
        let base = "\(Spool.history)-\(day)"
        guard let name = ([base] + (2...10_000).map { "\(base).\($0)" }).first(where: { !quarantine.contains($0) })
        else { throw SystemError(code: EEXIST, operation: "find a name in quarantine/") }
        try quarantine.durably { quarantine throws(SystemError) in
            try quarantine.writeDurably("\(name).reason", Array("\(reason)\n".utf8))
            let file = try quarantine.file(name, Spool.creating)
            try write(file)
            try file.synchronize()
            try file.close()
        }
    }
}
