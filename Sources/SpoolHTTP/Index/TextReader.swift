internal import HTTPTypes
internal import NIOCore
internal import Scheduling
internal import SpoolModel
internal import SpoolStore

/// Puts the texts of finished jobs together for one answer. Blocks on the disk; one thread at a time. A text that cannot be
/// read from a summary is made of the job.
final class TextReader {
    private let spool: Spool
    private let zone: TimeZoneRules
    private let onDamage: (JobID) -> Void
    private let files: SummaryTexts
    private let mayRemake: Bool
    private var digits = [UInt8](repeating: 0, count: CivilTime.textLength)

    /// The most bytes that are read at once.
    private static let longestRun = Int64(256 << 10)
    /// For so many jobs of a segment all of it is put together, which serves the next answers too.
    private static let few = 8

    /// - Parameters:
    ///   - mayRemake: whether a text that is not where it should be is made of the job as it is now.
    ///   - onDamage: called with such jobs.
    init(_ spool: Spool, in zone: TimeZoneRules, mayRemake: Bool = true, onDamage: @escaping (JobID) -> Void) {
        (self.spool, self.zone, self.mayRemake, self.onDamage) = (spool, zone, mayRemake, onDamage)
        files = SummaryTexts(of: spool)
    }

    /// The texts of a segment, each after a separator. Throws 503 if one is gone with its job.
    func text(of segment: FinishedSegment, in jobs: FinishedJobs) throws(APIError) -> ByteBuffer {
        if let kept = segment.kept.value { return kept }
        let text = try text(of: segment.entries[...], in: jobs)
        segment.kept.keep(text)
        return text
    }

    /// The texts of jobs, each after a separator. Throws 503 if one is gone with its job.
    func text(
        of entries: ArraySlice<FinishedSegment.Entry>, in jobs: FinishedJobs
    ) throws(APIError) -> ByteBuffer {
        var text = ByteBuffer()
        text.reserveCapacity(entries.reduce(0) { $0 + $1.size })
        var rest = entries
        while let first = rest.first {
            guard case .summary(let day) = jobs.texts[first.text] else {
                try add(first, in: jobs, to: &text)
                rest = rest.dropFirst()
                continue
            }
            let run = TextReader.run(rest)
            rest = rest.dropFirst(run.count)
            try add(run, ofDay: day, to: &text)
        }
        return text
    }

    /// The texts of jobs, in their order, without those that are gone.
    func texts(of matches: [FinishedJobs.Match], in jobs: FinishedJobs) -> [ByteBuffer] {
        var wanted: [Int: Int] = [:]
        for match in matches { wanted[match.segment, default: 0] += 1 }
        return matches.compactMap { entry, index in
            let segment = jobs.segments[index]
            // Texts that are gone are left out below.
            let whole = wanted[index] ?? 0 >= TextReader.few ? try? text(of: segment, in: jobs) : segment.kept.value
            if let whole { return whole.text(of: entry, in: segment) }
            var text = ByteBuffer()
            // As above.
            guard (try? add(entry, in: jobs, to: &text)) != nil else { return nil }
            text.moveReaderIndex(forwardBy: FinishedSegment.separator.utf8CodeUnitCount)
            return text
        }
    }

    /// The 26 characters of `CivilTime.text`, made without other texts: a list has many of them.
    private func time(at instant: Timestamp) -> [UInt8] {
        let time = zone.civil(at: instant)
        var index = 0
        func put(_ number: Int, _ width: Int, _ end: UInt8) {
            var rest = number
            for place in stride(from: index + width - 1, through: index, by: -1) {
                digits[place] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            index += width
            if index < digits.count { digits[index] = end }
            index += 1
        }
        let (dash, colon) = (UInt8(ascii: "-"), UInt8(ascii: ":"))
        put(time.year, 4, dash)
        put(time.month, 2, dash)
        put(time.day, 2, UInt8(ascii: " "))
        put(time.hour, 2, colon)
        put(time.minute, 2, colon)
        put(time.second, 2, UInt8(ascii: "."))
        put(time.microsecond, 6, 0)
        return digits
    }

    /// The entries at the beginning whose texts follow each other in one file.
    private static func run(_ entries: ArraySlice<FinishedSegment.Entry>) -> ArraySlice<FinishedSegment.Entry> {
        guard let first = entries.first else { return [] }
        var end = entries.startIndex + 1
        var next = first.stored.end
        while end < entries.endIndex, entries[end].text.source == first.text.source, entries[end].text.offset == next,
            entries[end].stored.end - first.text.offset <= longestRun
        {
            next = entries[end].stored.end
            end += 1
        }
        return entries[..<end]
    }

    private func add(
        _ run: ArraySlice<FinishedSegment.Entry>, ofDay day: Int64, to text: inout ByteBuffer
    ) throws(APIError) {
        guard let first = run.first, let last = run.last else { return }
        guard let bytes = files.bytes(ofDay: day, from: first.stored, to: last.stored) else {
            for entry in run { try remake(entry, &text) }
            return
        }
        for entry in run {
            let offset = Int(entry.text.offset - first.text.offset)
            let isThere = bytes.withUnsafeBytes { bytes -> Bool in
                guard
                    let (range, timeOffset) = SummaryTexts.text(
                        in: bytes, at: offset, of: entry.id, entry.stamp, length: entry.length)
                else { return false }
                text.writeStaticString(FinishedSegment.separator)
                let start = text.writerIndex
                text.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[range]))
                text.setBytes(time(at: entry.at), at: start + timeOffset)
                return true
            }
            if !isThere { try remake(entry, &text) }
        }
    }

    private func add(
        _ entry: FinishedSegment.Entry, in jobs: FinishedJobs, to text: inout ByteBuffer
    ) throws(APIError) {
        switch jobs.texts[entry.text] {
        case .memory(let buffer):
            guard let slice = buffer.getSlice(at: Int(entry.text.offset), length: Int(entry.length)) else { break }
            text.writeStaticString(FinishedSegment.separator)
            text.writeImmutableBuffer(slice)
            return
        case .summary(let day): return try add([entry][...], ofDay: day, to: &text)
        case nil: break
        }
        try remake(entry, &text)
    }

    /// Makes the text of the job itself. The job is read again for the next answer.
    private func remake(_ entry: FinishedSegment.Entry, _ text: inout ByteBuffer) throws(APIError) {
        onDamage(entry.id)
        guard mayRemake, let job = spool.jobIfAny(entry.id) else { throw TextReader.gone }
        let json = JSONWriter.record(of: job, in: zone)
        guard json.count == Int(entry.length) else { throw TextReader.gone }
        text.writeStaticString(FinishedSegment.separator)
        text.writeBytes(json)
    }

    private static var gone: APIError {
        APIError(.serviceUnavailable, "Jobs were changed or deleted while this list was read: ask again")
    }
}

extension FinishedSegment.Entry {
    /// Where its text is in a summary.
    fileprivate var stored: DaySummary.Text { DaySummary.Text(offset: text.offset, length: length) }
}

extension ByteBuffer {
    /// The text of a job in the texts of its segment.
    fileprivate func text(of entry: FinishedSegment.Entry, in segment: FinishedSegment) -> ByteBuffer? {
        var offset = readerIndex
        for other in segment.entries {
            if other.id == entry.id {
                return getSlice(at: offset + other.size - Int(other.length), length: Int(other.length))
            }
            offset += other.size
        }
        return nil
    }

    /// The texts of the jobs in some states, each after a separator.
    func texts(of segment: FinishedSegment, in states: Set<JobState>) -> ByteBuffer {
        var texts = ByteBuffer()
        var offset = readerIndex
        for entry in segment.entries {
            if states.contains(entry.state), let slice = getSlice(at: offset, length: entry.size) {
                texts.writeImmutableBuffer(slice)
            }
            offset += entry.size
        }
        return texts
    }
}
