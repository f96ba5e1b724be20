internal import NIOCore
internal import SpoolModel
internal import SpoolStore

/// Where the text of a finished job is: the number of a source, and an offset in it.
struct TextPlace: Hashable, Sendable {
    private let bits: UInt64

    /// - Parameters:
    ///   - source: less than 2^24.
    ///   - offset: less than 2^40 (1 TiB).
    init(_ source: Int, _ offset: Int64) { bits = UInt64(truncatingIfNeeded: source) << 40 | UInt64(offset) }

    /// No place.
    static let none = TextPlace(0xff_ffff, 0)

    var source: Int { Int(bits >> 40) }
    var offset: Int64 { Int64(bits & 0xff_ffff_ffff) }
}

/// The texts of finished jobs: in summaries, and for jobs that are in none, in memory. A value: copies are cheap and do not
/// change.
struct TextSources: Sendable {
    enum Source: Sendable {
        /// Texts of jobs without a summary, one after the other.
        case memory(ByteBuffer)
        /// The summary of a day (`JobID.dayNumber`).
        case summary(day: Int64)
    }

    /// The most bytes of a source in memory with more than one text.
    private static let capacity = 64 << 10

    private var sources: [Source?] = []
    /// How many jobs have their text in each source: it goes with the last one.
    private var counts: [Int32] = []
    private var free: [Int] = []
    /// The sources of summaries, by day.
    private var summaries: [Int64: Int] = [:]
    /// The source that is being filled.
    private var open: Int?

    /// The source that a place is in; nil if it is gone.
    subscript(place: TextPlace) -> Source? { place.source < sources.count ? sources[place.source] : nil }

    /// Adds a text in memory.
    mutating func add(_ text: [UInt8]) -> TextPlace {
        if let open, case .memory(var buffer) = sources[open], buffer.readableBytes + text.count <= TextSources.capacity
        {
            // Without a second owner the bytes are not copied.
            sources[open] = nil
            let place = TextPlace(open, Int64(buffer.readableBytes))
            buffer.writeBytes(text)
            sources[open] = .memory(buffer)
            counts[open] += 1
            return place
        }
        var buffer = ByteBuffer()
        buffer.reserveCapacity(max(TextSources.capacity, text.count))
        buffer.writeBytes(text)
        let number = add(.memory(buffer))
        open = number
        counts[number] = 1
        return TextPlace(number, 0)
    }

    /// The place of a text in the summary of a day.
    mutating func place(inSummaryOf day: Int64, at offset: Int64) -> TextPlace {
        let number: Int
        if let known = summaries[day] {
            number = known
        } else {
            number = add(.summary(day: day))
            summaries[day] = number
        }
        counts[number] += 1
        return TextPlace(number, offset)
    }

    private mutating func add(_ source: Source) -> Int {
        if let number = free.popLast() {
            sources[number] = source
            counts[number] = 0
            return number
        }
        sources.append(source)
        counts.append(0)
        return sources.count - 1
    }

    /// Gives a place back.
    mutating func remove(_ place: TextPlace) {
        let number = place.source
        guard number < sources.count, let source = sources[number] else { return }
        counts[number] -= 1
        guard counts[number] <= 0 else { return }
        if case .summary(let day) = source { summaries[day] = nil }
        if open == number { open = nil }
        sources[number] = nil
        free.append(number)
    }

    /// Whether a place is in a source in memory.
    func isInMemory(_ place: TextPlace) -> Bool {
        if case .memory = self[place] { true } else { false }
    }
}
