internal import LinuxSystem
public import SpoolModel

/// The finished jobs of a directory of `jobs/`, as lists need them, in a file of `summaries/`. It has of each job what
/// its `status` and `metadata.json` said when the two had a seal (``JobSnapshot``). A reader compares that with the
/// present one, and reads a job itself whose seal is another one; so a summary may be deleted, damaged, or of another
/// tree.
///
/// The file has numbers in little-endian order:
///
/// | bytes | |
/// |---|---|
/// | 32 | `scrapy-spool summary 1`, filled up with line feeds |
/// | | for each job its text: 48 bytes before it (``DaySummary/Text``), then the text |
/// | 72 for each | the facts of the jobs, ordered by id |
/// | | the places of the jobs: each 4 bytes for the length, then a line (``SummaryPlace``) |
/// | 64 | the end: how many jobs, where the facts begin, the length of the places, the length of the file, a digest of all from the facts on, zeros |
///
/// Where the digest is another, or a number is out of its range, the whole of it is left out. Each text has a digest of its
/// own.
public struct DaySummary: Sendable {
    static let magic = "scrapy-spool summary 1"
    static let headLength = 32
    static let recordLength = 72
    static let endLength = 64
    /// The most bytes of all places: some 300,000 of them.
    static let longestPlaces = 64 << 20

    /// The spiders and schedules of its jobs.
    public let places: [SummaryPlace]
    /// The number of its jobs.
    public let count: Int
    private let facts: [UInt8]

    /// The data of a job besides the text.
    public struct Record: Hashable, Sendable {
        /// The job.
        public let id: JobID
        /// The stamp and the seal that its files had before they were read.
        public let stamp: JobStamp, seal: UInt64
        /// The time of the last change, and of the end if it is known.
        public let at: Timestamp, ended: Timestamp?
        /// The seconds that it ran; -1 if it never ran.
        public let seconds: Int32
        /// A final state.
        public let state: JobState
        /// The index of its spider and schedule.
        public let place: Int
        /// Where its text is.
        public let text: Text

        /// What is known of a job.
        public init(
            id: JobID, stamp: JobStamp, seal: UInt64, at: Timestamp, ended: Timestamp?, seconds: Int32,
            state: JobState, place: Int, text: Text
        ) {
            (self.id, self.stamp, self.seal, self.at, self.ended) = (id, stamp, seal, at, ended)
            (self.seconds, self.state, self.place, self.text) = (seconds, state, place, text)
        }
    }

    /// Where a text is in the file.
    public struct Text: Hashable, Sendable {
        /// The offset of the 48 bytes before it: the id (16), the stamp, the offset of the time in the text, its length, a
        /// digest of these and the text, zeros.
        public let offset: Int64
        /// Its length in bytes.
        public let length: Int32

        static let headLength = 48
        /// The longest text: a payload may have 4 MiB, and JSON's escapes make it longer.
        static let longest = 32 << 20

        /// A place in a file.
        public init(offset: Int64, length: Int32) { (self.offset, self.length) = (offset, length) }

        /// The offset of what comes after it.
        public var end: Int64 { offset + Int64(Text.headLength) + Int64(length) }
    }

    /// The years of the times that a summary may have: there a time has 26 characters in every zone.
    static let times =
        Timestamp(seconds: -62_135_596_800 + 86_400 * 2)..<Timestamp(seconds: 253_402_300_800 - 86_400 * 2)

    /// Whether a summary can have a job with these times.
    public static func canHave(at: Timestamp, ended: Timestamp?) -> Bool {
        times.contains(at) && ended.map { times.contains($0) } ?? true
    }

    /// Reads a file; nil if it is no summary of this version, or damaged.
    ///
    /// - Parameter most: the most jobs.
    init?(_ file: borrowing Descriptor, most: Int) throws(SystemError) {
        let size = try file.information().size
        let (head, end) = (Int64(DaySummary.headLength), Int64(DaySummary.endLength))
        guard size >= head + end else { return nil }
        guard try file.read(count: DaySummary.headLength, at: 0) == DaySummary.head else { return nil }
        let ending = try file.read(count: DaySummary.endLength, at: size - end)
        guard ending.count == DaySummary.endLength else { return nil }
        let numbers = (0..<8).map { ending.word(at: 8 * $0) }
        guard numbers[0] <= UInt64(most), numbers[1] >= UInt64(head), numbers[2] <= UInt64(DaySummary.longestPlaces),
            numbers[3] == UInt64(size), numbers[5...].allSatisfy({ $0 == 0 }),
            numbers[1] <= numbers[3],
            numbers[3] - numbers[1] == numbers[0] * UInt64(DaySummary.recordLength) + numbers[2] + UInt64(end)
        else { return nil }
        count = Int(numbers[0])
        facts = try file.read(count: count * DaySummary.recordLength, at: Int64(numbers[1]))
        let placeBytes = try file.read(count: Int(numbers[2]), at: Int64(numbers[1]) + Int64(facts.count))
        guard facts.count == count * DaySummary.recordLength, placeBytes.count == Int(numbers[2]),
            DaySummary.digest(facts, placeBytes, Array(numbers[..<4])) == numbers[4],
            let places = SummaryPlace.all(in: placeBytes)
        else { return nil }
        self.places = places
        var last: JobID?
        for index in 0..<count {
            guard let record = DaySummary.record(in: facts, at: index), record.place < places.count,
                record.text.offset >= head, record.text.end <= Int64(numbers[1]), last.map({ $0 < record.id }) ?? true
            else { return nil }
            last = record.id
        }
    }

    static var head: [UInt8] {
        Array(magic.utf8) + [UInt8](repeating: 0x0a, count: headLength - magic.utf8.count)
    }

    static func digest(_ facts: [UInt8], _ places: [UInt8], _ numbers: [UInt64]) -> UInt64 {
        var digest = Digest64()
        facts.withUnsafeBytes { digest.add($0) }
        places.withUnsafeBytes { digest.add($0) }
        for number in numbers { digest.add(number) }
        return digest.value
    }

    /// A job, by its place in the order of ids.
    public func record(at index: Int) -> Record? { DaySummary.record(in: facts, at: index) }

    /// The ids of its jobs, ascending.
    public func id(at index: Int) -> JobID {
        JobID(
            high: facts.word(at: index * DaySummary.recordLength),
            low: facts.word(at: index * DaySummary.recordLength + 8))
    }

    /// The facts of a job: id (16), stamp (8), seal (8), last change (8), end (8), offset of the text (8), its length (4), seconds (4),
    /// place (4), state (1), zeros (3).
    private static func record(in facts: [UInt8], at index: Int) -> Record? {
        let start = index * recordLength
        guard index >= 0, start + recordLength <= facts.count else { return nil }
        let (stamp, seal) = (facts.word(at: start + 16), facts.word(at: start + 24))
        let at = Timestamp(microseconds: Int64(bitPattern: facts.word(at: start + 32)))
        let end = Timestamp(microseconds: Int64(bitPattern: facts.word(at: start + 40)))
        let offset = Int64(bitPattern: facts.word(at: start + 48))
        let (lengths, last) = (facts.word(at: start + 56), facts.word(at: start + 64))
        let length = Int32(truncatingIfNeeded: lengths), seconds = Int32(truncatingIfNeeded: lengths >> 32)
        guard stamp != 0, seal != 0, times.contains(at), end.microseconds == .min || times.contains(end), offset >= 0,
            offset < 1 << 40, length > 0, length <= Text.longest, seconds >= -1, last >> 40 == 0,
            let state = JobState(code: UInt8(truncatingIfNeeded: last >> 32))
        else { return nil }
        return Record(
            id: JobID(high: facts.word(at: start), low: facts.word(at: start + 8)), stamp: JobStamp(value: stamp),
            seal: seal,
            at: at, ended: end.microseconds == .min ? nil : end, seconds: seconds, state: state,
            place: Int(UInt32(truncatingIfNeeded: last)), text: Text(offset: offset, length: length))
    }
}

extension DaySummary.Record {
    /// The bytes of it in a file.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(DaySummary.recordLength)
        for word in [
            id.high, id.low, stamp.value, seal, UInt64(bitPattern: at.microseconds),
            UInt64(bitPattern: ended?.microseconds ?? .min), UInt64(bitPattern: text.offset),
            UInt64(UInt32(bitPattern: text.length)) | UInt64(UInt32(bitPattern: seconds)) << 32,
            UInt64(UInt32(truncatingIfNeeded: place)) | UInt64(state.code) << 32,
        ] { bytes.append(word) }
        return bytes
    }

    /// Whether a file can have it.
    var isStorable: Bool {
        stamp != .unknown && seal != 0 && DaySummary.canHave(at: at, ended: ended)
            && state.isFinal && seconds >= -1 && text.length > 0 && text.length <= DaySummary.Text.longest
    }
}

extension JobState {
    /// The byte of a final state; 0 for others.
    fileprivate var code: UInt8 {
        switch self {
        case .successful: 1
        case .failed: 2
        case .canceled: 3
        case .scheduled, .pending, .running: 0
        }
    }

    fileprivate init?(code: UInt8) {
        guard let state = JobState.allCases.first(where: { $0.code == code && code != 0 }) else { return nil }
        self = state
    }
}

extension [UInt8] {
    /// Eight bytes, the lowest first; the caller has checked that they are there.
    func word(at offset: Int) -> UInt64 {
        withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
    }

    mutating func append(_ word: UInt64) {
        Swift.withUnsafeBytes(of: word.littleEndian) { append(contentsOf: $0) }
    }
}
