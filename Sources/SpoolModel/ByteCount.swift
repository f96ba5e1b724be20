/// A number of bytes for people: `512 MiB`, `100 KiB`, `1.5 GiB`, `999 bytes`.
public struct ByteCount: CustomStringConvertible, Sendable {
    /// The text.
    public let description: String

    /// A number that is not negative.
    public init(_ bytes: Int) {
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB"]
        var (whole, rest, unit) = (bytes, 0, -1)
        guard bytes >= 1024 else {
            description = "\(bytes) bytes"
            return
        }
        while whole >= 1024, unit < units.count - 1 {
            (whole, rest) = (whole / 1024, whole % 1024)
            unit += 1
        }
        let tenth = rest * 10 / 1024
        description = "\(whole)\(tenth > 0 ? ".\(tenth)" : "") \(units[unit])"
    }
}
