internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// The input that has come on a connection while an answer of the fast path is under way, in order: the task that
/// serves the connection gets it afterwards.
struct HeldInput {
    /// One thing that has come.
    enum Piece {
        case part(HTTPRequestPart)
        /// Parts have come that were read together.
        case pause
        /// A user event, for example the end of the client's input.
        case event(any Sendable)
        case failure(any Error)
    }

    /// The number of parts from which on nothing more is read from the client.
    private static let limit = 64

    private(set) var pieces: [Piece] = []
    /// Whether the request is not read to its end, which is nothing for the task.
    private(set) var skipsRequest = false
    /// Whether a read was asked for that has to wait.
    var isReadDue = false

    /// Whether nothing more is to be read.
    var isFull: Bool { pieces.count >= HeldInput.limit }

    /// Adds a piece, in the order in which they come.
    mutating func add(_ piece: Piece) {
        if skipsRequest, case .part(let part) = piece {
            if case .end = part { skipsRequest = false }
            return
        }
        if case .pause = piece, pieces.isEmpty { return }
        pieces.append(piece)
    }

    /// Drops the first request, which is answered.
    mutating func dropRequest() {
        let held = pieces
        pieces = []
        skipsRequest = true
        for piece in held { add(piece) }
    }
}
