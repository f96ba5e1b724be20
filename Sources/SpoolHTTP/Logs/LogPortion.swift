/// The part of a log that a client requests in the query: `tail=BYTES`, or `from=OFFSET`, or `from=OFFSET&to=OFFSET`.
enum LogPortion: Equatable, Sendable {
    /// From an offset on, including later bytes; all from 0.
    case from(Int)
    /// The given number of last bytes, and later ones.
    case tail(Int)
    /// These bytes as far as they exist, and no later ones.
    case part(Range<Int>)

    /// Reads the parameters. Throws 400 for invalid ones.
    init(_ parameters: Parameters) throws(APIError) {
        let tail = try LogPortion.number("tail", parameters)
        let start = try LogPortion.number("from", parameters)
        let end = try LogPortion.number("to", parameters)
        switch (tail, start, end) {
        case (let bytes?, nil, nil): self = .tail(bytes)
        case (nil, _, nil): self = .from(start ?? 0)
        case (nil, _, let end?):
            let start = start ?? 0
            guard start <= end else { throw .badRequest("\"from\" is larger than \"to\"") }
            self = .part(start..<end)
        default: throw .badRequest("\"tail\" goes with neither \"from\" nor \"to\"")
        }
    }

    /// The offset of the first byte in a log of some length, which may grow.
    func start(in length: Int) -> Int {
        switch self {
        case .from(let offset): min(offset, length)
        case .tail(let bytes): max(0, length - bytes)
        case .part(let bytes): min(bytes.lowerBound, length)
        }
    }

    private static func number(_ name: String, _ parameters: Parameters) throws(APIError) -> Int? {
        guard let text = try parameters.text(name) else { return nil }
        guard let number = Int(text), number >= 0 else {
            throw .badRequest("\"\(name)\" is a number of bytes, not \"\(text)\"")
        }
        return number
    }
}
