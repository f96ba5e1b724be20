/// How many of the runs are made up for that a schedule missed while no engine worked: `none`, `one`, or a number.
public struct CatchUp: Hashable, Sendable, LosslessStringConvertible {
    /// The most runs that can be made up for.
    public static let limit = 1000

    /// The most runs; the last ones that were missed.
    public let count: Int

    /// A single run, however many were missed.
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

    /// As it is written.
    public var description: String {
        switch count {
        case 0: "none"
        case 1: "one"
        default: String(count)
        }
    }
}
