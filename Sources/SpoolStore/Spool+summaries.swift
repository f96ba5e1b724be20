internal import Glibc
public import LinuxSystem
public import SpoolModel
internal import Synchronization

/// `summaries/`: for each directory of `jobs/` a file with the data that lists need of its jobs (``DaySummary``). Made
/// from the jobs and compared with them, so that each file may go at any time.
extension Spool {
    /// The name of the directory.
    public static let summaries = "summaries"

    /// How many jobs more than twice those of its directory a summary may have: those that are gone.
    public static let spareOfSummary = 1024

    /// The summary of a directory of `jobs/`; nil if there is none that can be used.
    ///
    /// - Parameter most: the most jobs that it may have: with more it is of another directory.
    public func summary(of day: String, most: Int) -> DaySummary? {
        // Whatever is wrong with it, the jobs themselves are read.
        guard let file = try? root.foreignFile("\(Spool.summaries)/\(day)") else { return nil }
        // As above.
        return (try? DaySummary(file, most: most)) ?? nil
    }

    /// The names of the files; none if there is no such directory.
    public func summaryDays() -> [String] {
        root.directoryIfAny(Spool.summaries)?.namesIfAny().filter { JobID.dayNumber(of: $0) != nil } ?? []
    }

    /// Removes the summary of a directory of `jobs/` that is gone, if there is one.
    public func removeSummary(ofMissing day: String) {
        guard !jobs.contains(day), let summaries = root.directoryIfAny(Spool.summaries) else { return }
        summaries.removeLeftover(day)
    }

    /// How often this process has dropped a summary: to be asked before the jobs of one are read.
    public var summaryDropCount: Int { summaryDrops.withLock { $0 } }

    /// Removes the summary of a directory of `jobs/`, since it has texts of jobs that were deleted. One that is being made by
    /// this process, from jobs that were read before, is not published: it is made anew.
    public func dropSummary(of day: String) {
        summaryDrops.withLock { drops in
            drops += 1
            root.directoryIfAny(Spool.summaries)?.removeLeftover(day)
        }
    }

    /// Whether there is so much room that a summary may take some of it: jobs come first.
    public func hasRoom(forSummary bytes: Int64) -> Bool {
        // Without an answer nothing is written.
        guard let room = try? root.room(), !room.isReadOnly else { return false }
        let isWide = room.totalBytes <= 0 || room.freeBytes.addedSaturating(-bytes) > min(room.totalBytes / 20, 1 << 30)
        return isWide && (room.totalInodes <= 0 || room.freeInodes > min(room.totalInodes / 20, 10_000))
    }
}

/// A summary that is being written, in `tmp/`. It goes there with the draft if it is not published.
public final class SummaryDraft {
    private let spool: Spool
    private let day: String
    private let name: String
    private let file: Descriptor
    private var places: [SummaryPlace] = []
    private var numbers: [SummaryPlace: Int] = [:]
    private var records: [DaySummary.Record] = []
    private var pending: [UInt8]
    private var length: Int64
    private var isPublished = false
    private let drops: Int

    /// The bytes that are written at once.
    private static let piece = 256 << 10

    /// Begins a file for a directory of `jobs/`.
    ///
    /// - Parameter drops: ``Spool/summaryDropCount`` from before its jobs were read; nil for now.
    public init(of day: String, in spool: Spool, since drops: Int? = nil) throws(SystemError) {
        (self.spool, self.day) = (spool, day)
        self.drops = drops ?? spool.summaryDropCount
        name = "summary.\(String(UInt64.random(in: 0...UInt64.max), radix: 36)).\(day)"
        _ = try spool.root.makeDirectoryIfMissing(Spool.summaries)
        file = try spool.tmp.file(name, O_WRONLY | O_CREAT | O_EXCL)
        pending = DaySummary.head
        length = Int64(pending.count)
    }

    deinit {
        if !isPublished { spool.tmp.removeLeftover(name) }
    }

    /// The number of jobs so far.
    public var count: Int { records.count }

    /// Adds a job that is not in it yet.
    ///
    /// - Parameters:
    ///   - text: the text of the job in lists.
    ///   - timeOffset: where in it the 26 characters of the last change are, which depend on the time zone.
    /// - Returns: where its text will be; nil if the job is left out, since a summary cannot have it.
    public func add(
        _ id: JobID, _ stamp: JobStamp, seal: UInt64, at: Timestamp, ended: Timestamp?, seconds: Int32,
        _ state: JobState, of place: SummaryPlace, text: UnsafeRawBufferPointer, timeOffset: Int
    ) throws(SystemError) -> DaySummary.Text? {
        let number = numbers[place] ?? places.count
        let record = DaySummary.Record(
            id: id, stamp: stamp, seal: seal, at: at, ended: ended, seconds: seconds, state: state, place: number,
            text: DaySummary.Text(offset: length, length: Int32(clamping: text.count)))
        guard record.isStorable, timeOffset >= 0, timeOffset + CivilTime.textLength <= text.count,
            record.text.end < 1 << 40
        else { return nil }
        if number == places.count {
            places.append(place)
            numbers[place] = number
        }
        records.append(record)
        let head = [id.high, id.low, stamp.value, UInt64(timeOffset) | UInt64(text.count) << 32]
        for word in head { pending.append(word) }
        pending.append(DaySummary.digest(head, text))
        pending.append(0 as UInt64)
        pending.append(contentsOf: text)
        length = record.text.end
        if pending.count >= SummaryDraft.piece { try write() }
        return record.text
    }

    private func write() throws(SystemError) {
        try file.write(pending)
        pending.removeAll(keepingCapacity: true)
    }

    /// Puts it in the place of the earlier summary. Throws ECANCELED if a summary was dropped since its jobs were read.
    ///
    /// Nothing is flushed, since nothing depends on it: a file damaged by a loss of power is noticed by its digests.
    public func publish() throws(SystemError) {
        records.sort { $0.id < $1.id }
        let facts = records.flatMap(\.bytes), lines = places.flatMap(\.bytes)
        let size = length + Int64(facts.count + lines.count + DaySummary.endLength)
        let numbers = [UInt64(records.count), UInt64(length), UInt64(lines.count), UInt64(size)]
        pending += facts
        pending += lines
        for number in numbers + [DaySummary.digest(facts, lines, numbers), 0, 0, 0] { pending.append(number) }
        try write()
        try spool.summaryDrops.withLock { (drops) throws(SystemError) in
            guard drops == self.drops else {
                throw SystemError(code: ECANCELED, operation: "publish the summary of \(day)")
            }
            try spool.tmp.replace(day, in: spool.root.directory(Spool.summaries), by: name)
        }
        isPublished = true
    }
}

/// Reads texts of summaries, on one thread. It keeps files open for as long as it lives.
public final class SummaryTexts {
    private let spool: Spool
    private var files: [Int64: OpenFile] = [:]
    /// The most files that are open at the same time.
    private static let mostFiles = 256

    /// A reader without open files.
    public init(of spool: Spool) { self.spool = spool }

    /// The bytes of texts that follow each other in the summary of a day, with the bytes before each; nil if they cannot be
    /// read.
    public func bytes(ofDay day: Int64, from first: DaySummary.Text, to last: DaySummary.Text) -> [UInt8]? {
        let count = Int(last.end - first.offset)
        guard count > 0, let file = file(of: day),
            // Whatever is wrong with the file, the jobs themselves are read.
            let bytes = try? file.descriptor.read(count: count, at: first.offset), bytes.count == count
        else { return nil }
        return bytes
    }

    /// Where a text is in such bytes, and where in the text its time is; nil if it is another one, or damaged.
    ///
    /// - Parameter offset: the offset of the bytes before it.
    public static func text(
        in bytes: UnsafeRawBufferPointer, at offset: Int, of id: JobID, _ stamp: JobStamp, length: Int32
    ) -> (range: Range<Int>, timeOffset: Int)? {
        let start = offset + DaySummary.Text.headLength
        guard offset >= 0, length > 0, start + Int(length) <= bytes.count else { return nil }
        func word(_ index: Int) -> UInt64 {
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8 * index, as: UInt64.self))
        }
        let head = (0..<4).map(word)
        let timeOffset = Int(UInt32(truncatingIfNeeded: head[3]))
        let text = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + Int(length))])
        guard head[0] == id.high, head[1] == id.low, head[2] == stamp.value, head[3] >> 32 == UInt64(length),
            timeOffset + CivilTime.textLength <= Int(length), word(4) == DaySummary.digest(head, text)
        else { return nil }
        return (start..<(start + Int(length)), timeOffset)
    }

    private func file(of day: Int64) -> OpenFile? {
        if let file = files[day] { return file }
        if files.count >= SummaryTexts.mostFiles { files = [:] }
        // As above.
        guard let descriptor = try? spool.root.foreignFile("\(Spool.summaries)/\(JobID.day(of: day))") else {
            return nil
        }
        let file = OpenFile(descriptor)
        files[day] = file
        return file
    }
}

extension DaySummary {
    /// The digest of a text and of the numbers before it.
    fileprivate static func digest(_ head: [UInt64], _ text: UnsafeRawBufferPointer) -> UInt64 {
        var digest = Digest64()
        for word in head { digest.add(word) }
        digest.add(text)
        return digest.value
    }
}

extension CivilTime {
    /// The length of ``text`` for the years 0 to 9999.
    public static var textLength: Int { 26 }
}
