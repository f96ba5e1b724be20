/// A path below a directory, of any bytes: names separated by `/`. An empty path is the directory itself.
public struct RelativePath: PathBytes, Hashable {
    /// The names, in order. None should be empty, `.` or `..`, which is not checked.
    public let names: [FileName]

    /// The path of these names.
    public init(_ names: [FileName] = []) {
        self.names = names
    }

    /// The path of a text in UTF-8 with `/` between names.
    public init(_ text: some StringProtocol) {
        self.init(text.utf8.split(separator: UInt8(ascii: "/")).map { FileName(bytes: $0) })
    }

    /// The path of a name below this path.
    public func appending(_ name: FileName) -> RelativePath { RelativePath(names + [name]) }

    /// The path from another one to this one, if this is that path or below it; otherwise nil.
    public func remainder(below other: RelativePath) -> RelativePath? {
        names.starts(with: other.names) ? RelativePath(Array(names.dropFirst(other.names.count))) : nil
    }

    public func withPath<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        guard !names.isEmpty else { return ".".withCString(body) }
        return FileName(bytes: names.map(\.bytes).joined(separator: [UInt8(ascii: "/")])).withPath(body)
    }

    /// The path for display.
    public var description: String { names.isEmpty ? "." : names.map(\.description).joined(separator: "/") }
}

extension RelativePath {
    /// The target text of a symbolic link from a directory to a place, both relative to the same directory; nil for
    /// names that are not UTF-8.
    public static func link(from directory: RelativePath, to place: RelativePath) -> String? {
        let common = zip(directory.names, place.names).prefix { $0 == $1 }.count
        let down = place.names.dropFirst(common).map(\.text)
        guard !down.contains(nil) else { return nil }
        let words = Array(repeating: "..", count: directory.names.count - common) + down.compactMap { $0 }
        return words.isEmpty ? "." : words.joined(separator: "/")
    }

    /// Resolves the target text of a symbolic link in this directory by its text alone: links in its middle are not
    /// followed. nil if it is absolute or leads above the directory that this path is relative to.
    public func place(ofLink text: String) -> RelativePath? {
        guard !text.hasPrefix("/") else { return nil }
        var place = names
        for word in text.utf8.split(separator: UInt8(ascii: "/")) {
            switch String(Substring(word)) {
            case ".": continue
            case "..": if place.popLast() == nil { return nil }
            case let name: place.append(FileName(name))
            }
        }
        return RelativePath(place)
    }
}
