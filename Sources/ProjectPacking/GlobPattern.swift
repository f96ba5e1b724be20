internal import Glibc

/// A pattern of paths as in Python's `glob.glob(…, recursive=True)`: `**` matches any number of directories; `*`, `?`
/// and `[…]` match within a name; none of them matches a dot at a name's beginning.
struct GlobPattern {
    private let components: [Substring]

    init(_ text: String) {
        components = text.split(separator: "/").filter { $0 != "." }
    }

    /// Whether the pattern matches a path below the project.
    func matches(_ path: String) -> Bool {
        let names = path.split(separator: "/")
        // Keeps the set of all positions in the pattern that the names so far can reach, so that no pattern causes
        // backtracking.
        var reached = advance([0])
        for (index, name) in names.enumerated() {
            let isLast = index == names.count - 1
            var next: Set<Int> = []
            for place in reached where place < components.count {
                if components[place] == "**" {
                    // A `**` at the end matches files too.
                    if !name.hasPrefix("."), !isLast || place == components.count - 1 { next.insert(place) }
                } else if fnmatch(String(components[place]), String(name), FNM_PERIOD) == 0 {
                    next.insert(place + 1)
                }
            }
            reached = advance(next)
        }
        return reached.contains(components.count)
    }

    /// The positions, and those that follow them by letting each `**` match no name.
    private func advance(_ places: Set<Int>) -> Set<Int> {
        var result = places
        for place in places {
            var next = place
            while next < components.count, components[next] == "**" {
                next += 1
                result.insert(next)
            }
        }
        return result
    }
}
