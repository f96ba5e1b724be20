/// The number of runs to make up for that a schedule missed while no engine ran: `none`, `one`, or a number.
public struct CatchUp: Hashable, Sendable, LosslessStringConvertible {
    /// The highest number of runs.
    public static let limit = 1000

    /// The highest number of missed runs to make up for. The latest ones are chosen.
    public let count: Int

    /// One run, regardless of the number that were missed.
    public static let one = CatchUp(count: 1)

    private init(count: Int) {
        self.count = count
    }

    /// Reads `none`, `one`, or a number up to ``limit``.
    public init?(_ text: String) {
        switch text {
        case "none": count = 0
        case "one": count = 1
        default:
            guard let count = Int(text), (0...CatchUp.limit).contains(count) else { return nil }
            self.count = count
        }
    }

    /// The text that ``init(_:)`` reads.
    public var description: String {
        switch count {
        case 0: "none"
        case 1: "one"
        default: String(count)
        }
    }
}
