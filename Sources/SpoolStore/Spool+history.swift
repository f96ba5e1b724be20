internal import Glibc
public import LinuxSystem
internal import SpoolModel
internal import Synchronization

/// `history/`: how the jobs went whose directories were deleted, a line each in the file of the day (UTC) on which they
/// ended.
///
/// The lines are on the disk before a directory goes out of sight. So a job is in the tree by its directory, by its line, or
/// for a moment by both; as each line begins with the job's id, it counts once. Lines are only ever added, but for whole files
/// that are replaced by shorter ones.
extension Spool {
    /// The name of the directory.
    public static let history = "history"

    /// The names of the files of days, sorted; none where there is no history.
    public func historyDays() throws(SpoolError) -> [String] {
        do throws(SystemError) {
            return try root.directory(Spool.history).names().filter { HistoryLine.day(ofFile: $0) != nil }.sorted()
        } catch {
            guard !error.isMissing else { return [] }
            throw SpoolError(error, while: "list \(Spool.history)/")
        }
    }

    /// Calls with each piece of a file of `history/`.
    ///
    /// - Parameter begin: given the open file and what it is, says from which offset on it is to be read.
    public func readHistory(
        of day: String,
        from begin: (borrowing Descriptor, FileInformation) throws(SystemError) -> Int64 = { _, _ in 0 },
        _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(SystemError) {
        let file = try root.foreignFile("\(Spool.history)/\(day)")
        var offset = try begin(file, try file.information())
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try file.read(into: buffer, at: offset)
            guard count > 0 else { return }
            body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += Int64(count)
        }
    }

    // MARK: Adding

    /// What a round of lines has to flush.
    final class HistoryRound {
        fileprivate var files: [OpenFile] = []
        fileprivate var directory: OpenDirectory?
        fileprivate var names: Set<String> = []

        /// Calls with the descriptors to be flushed, which are open meanwhile.
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

    /// Adds lines to the files of their days. They are on the disk when all that is returned has been flushed, and
    /// ``noteFlushed(_:)`` notes that.
    func record(_ lines: [HistoryLine]) throws(SystemError) -> HistoryRound {
        let round = HistoryRound()
        guard !lines.isEmpty else { return round }
        let history = try historyDirectory()
        for (day, lines) in Dictionary(grouping: lines, by: \.day).sorted(by: { $0.key < $1.key }) {
            // Until it was flushed once, the file's name may be lost.
            let isThere = (try? history.information(day))?.kind == .file
            if round.directory == nil, !isThere || !knownHistory.withLock({ $0.contains(day) }) {
                round.directory = OpenDirectory(try history.directory("."))
            }
            round.files.append(OpenFile(try append(lines, to: day, in: history)))
            round.names.insert(day)
        }
        return round
    }

    /// Notes that what a round has written is on the disk, with the names of its files.
    func noteFlushed(_ round: HistoryRound) {
        let names = round.names
        knownHistory.withLock { known in
            if known.count > 64 { known = [] }
            known.formUnion(names)
        }
    }

    private func historyDirectory() throws(SystemError) -> Directory {
        if let directory = try? root.directory(Spool.history) {
            if knownHistory.withLock({ $0.contains(".") }) { return directory }
        } else if let kind = try? root.information(Spool.history).kind, kind != .directory {
            moveAside(Spool.history, in: root, as: Spool.history)
        }
        let directory = try root.durableSubdirectory(Spool.history)
        // What was known was of another directory.
        knownHistory.withLock { $0 = ["."] }
        return directory
    }

    private func append(
        _ lines: [HistoryLine], to day: String, in history: borrowing Directory
    ) throws(SystemError) -> Descriptor {
        if let present = try? history.information(day) {
            if present.kind != .file { moveAside(day, in: history, as: "\(Spool.history)-\(day)") }
            // In a backup that shares it, perhaps.
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
            // Half a line is none, and cut off before the next one anyway.
            try? file.truncate(to: end)
            throw error
        }
        return file
    }

    /// Bytes that are looked at for the last line feed of a file.
    private static let longestTail = 128 << 10

    /// Where a file's lines end, and what has to stand between them and more of them.
    ///
    /// A loss of power may leave a line without its end, or zeros; nobody has relied on it, and it is written over. What an
    /// editor has left without a line feed stays.
    private static func endOfLines(
        of file: borrowing Descriptor, size: Int64
    ) throws(SystemError) -> (end: Int64, separator: String) {
        guard size > 0 else { return (0, "") }
        let start = max(0, size - Int64(longestTail))
        var tail = [UInt8](repeating: 0, count: 1)
        guard try read(&tail, of: file, at: size - 1), tail[0] != UInt8(ascii: "\n") else { return (size, "") }
        tail = [UInt8](repeating: 0, count: Int(size - start))
        guard try read(&tail, of: file, at: start) else { return (size, "\n") }
        let feed = tail.lastIndex(of: UInt8(ascii: "\n"))
        guard feed != nil || start == 0 else { return (size, "\n") }
        let last = tail[(feed.map { $0 + 1 } ?? 0)...]
        if HistoryLine.isRemark(last) || HistoryLine(parsing: last) != nil { return (size, "\n") }
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

    /// Something of a kind that does not belong there keeps no job from being counted.
    private func moveAside(_ name: String, in directory: borrowing Directory, as newName: String) {
        // What cannot be moved is met again where it is opened, which says why.
        try? setAside(name, in: directory, as: newName, reason: "it should be a file or directory of the history")
    }

    // MARK: Replacing

    /// Replaces the lines of jobs whose directories are gone by one line for those that went alike: of the same spider, with
    /// the same outcome, in the same quarter of an hour, as long as each other to three digits. Remarks, and what cannot be
    /// read, stay.
    ///
    /// - Returns: the new size in bytes; nil where nothing was done.
    public func compactHistory(of day: String) throws(SpoolError) -> Int64? {
        try doing("shorten \(Spool.history)/\(day)") { () throws(SystemError) in
            let history = try root.directory(Spool.history)
            let present = try history.information(day)
            var short = HistorySummary { self.contains($0) }
            var text = HistoryText()
            try readHistory(of: day) { piece in text.take(piece) { short.take($0, $1) } }
            if let end = text.end() { short.take(end, text.unfinished) }
            let content = short.content
            // What somebody has written there meanwhile is not lost.
            guard content.count < present.size, try history.information(day) == present else { return nil }
            try history.publish(day, content)
            return Int64(content.count)
        }
    }

    /// Takes what cannot be read out of a file of `history/`, and puts it into `quarantine/`. Lines of other days go into the
    /// files of these.
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
            var text = HistoryText()
            try readHistory(of: day) { piece in text.take(piece, take) }
            if let end = text.end() { take(end, text.unfinished) }
            if !damaged.isEmpty { try setAside(damaged, of: day) }
            let round = try record(strangers)
            try round.withNumbers { (numbers) throws(SystemError) in try Flush.together(numbers) }
            guard !damaged.isEmpty || !strangers.isEmpty else { return }
            try history.publish(day, kept)
        }
    }

    private func setAside(_ damaged: [UInt8], of day: String) throws(SystemError) {
        let base = "\(Spool.history)-\(day)"
        guard let name = ([base] + (2...10_000).map { "\(base).\($0)" }).first(where: { !quarantine.contains($0) })
        else { throw SystemError(code: EEXIST, operation: "find a name in quarantine/") }
        try quarantine.durably { quarantine throws(SystemError) in
            try quarantine.writeDurably("\(name).reason", Array("lines of \(Spool.history)/\(day)\n".utf8))
            try quarantine.writeDurably(name, damaged)
        }
    }
}
