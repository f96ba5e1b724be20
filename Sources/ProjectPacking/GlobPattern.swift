internal import Glibc

/// A pattern of paths as Python's `glob.glob(…, recursive=True)` has them: `**` is any number of directories, `*`, `?`
/// and `[…]` match within a name, and none of them a dot at a name's beginning.
struct GlobPattern {
    private let components: [Substring]

    init(_ text: String) {
        components = text.split(separator: "/").filter { $0 != "." }
    }

    /// Whether the pattern matches a path below the project.
    func matches(_ path: String) -> Bool {
        let names = path.split(separator: "/")
        // Row by row which beginnings of the pattern match the names so far: no backtracking, whatever the pattern.
        var reached = advance([0])
        for (index, name) in names.enumerated() {
            let isLast = index == names.count - 1
            var next: Set<Int> = []
            for place in reached where place < components.count {
                if components[place] == "**" {
                    // The last `**` stands for files too.
                    if !name.hasPrefix("."), !isLast || place == components.count - 1 { next.insert(place) }
                } else if fnmatch(String(components[place]), String(name), FNM_PERIOD) == 0 {
                    next.insert(place + 1)
                }
            }
            reached = advance(next)
        }
        return reached.contains(components.count)
    }

    /// Places from which one gets on without a name, over each `**`.
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
