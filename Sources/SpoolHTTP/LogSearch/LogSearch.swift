internal import NIOCore
internal import SpoolModel

/// The answer of `search-logs.json`: a JSON text with a line for each line that is found, sent as they are found.
struct LogSearch: Sendable {
    private let run: LogSearchRun
    private let place: AnswerPool.Place
    private let departure: Departure
    /// The members at the end of the object: warnings.
    private var addition: [JSON.Member] = []

    /// A search that begins when the answer is written.
    init(_ run: LogSearchRun, _ place: AnswerPool.Place, until departure: Departure) {
        (self.run, self.place, self.departure) = (run, place, departure)
    }

    /// The same with more members at the end of the object.
    func adding(_ members: [JSON.Member]) -> LogSearch {
        var search = self
        search.addition += members
        return search
    }

    /// Writes the answer piece by piece. Ends early if the client leaves.
    func write(_ body: (ByteBuffer) async throws -> Void) async throws {
        try await body(ByteBuffer(string: "{\"status\": \"ok\", \"lines\": [\n"))
        while !departure.hasLeft {
            switch try await place.run({ [run, place] in run.part(isStopped: place.isStopped) }) {
            case .lines(let lines): if !lines.isEmpty { try await body(ByteBuffer(bytes: lines)) }
            case .end(let lines, let members):
                // An object without its first brace.
                let end = JSON.object(members + addition).line.dropFirst()
                return try await body(ByteBuffer(bytes: lines + Array("], \(end)\n".utf8)))
            }
        }
    }
}
