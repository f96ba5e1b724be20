import Glibc
import LinuxSystem

/// The projects that the tests push, each zipped once in a run of the tests.
enum Archives {
    /// The example: spiders `authors` and `books`. Without its requirements.txt, for which there may be no index.
    static var bookshop: String {
        get async throws { try await all.value.bookshop }
    }

    /// Spiders that misbehave.
    static var trouble: String {
        get async throws { try await all.value.trouble }
    }

    /// A project whose spiders cannot be listed.
    static var broken: String {
        get async throws { try await all.value.broken }
    }

    /// Spiders whose crawls end in every way that Scrapy has.
    static var outcomes: String {
        get async throws { try await all.value.outcomes }
    }

    private static let directory = "\(Place.temporary)/scrapy-spool-test-archives-\(getpid())"

    private struct Paths {
        let bookshop: String, trouble: String, broken: String, outcomes: String
    }

    private static let all = Task { () throws -> Paths in
        try File.makeDirectory(directory)
        atexit {
            let slash = Archives.directory.lastIndex(of: "/") ?? Archives.directory.startIndex
            try? Directory(path: String(Archives.directory[..<slash]))
                .removeTree(String(Archives.directory[slash...].dropFirst()))
        }
        return Paths(
            bookshop: try await zip("\(Place.repository)/tools/example/bookshop"),
            trouble: try await zip("\(Place.repository)/Tests/Fixtures/trouble"),
            broken: try await zip("\(Place.repository)/Tests/Fixtures/broken"),
            outcomes: try await zip("\(Place.repository)/Tests/Fixtures/outcomes"))
    }

    private static func zip(_ project: String) async throws -> String {
        let slash = project.lastIndex(of: "/") ?? project.startIndex
        let name = String(project[project.index(after: slash)...])
        let archive = "\(directory)/\(name).zip"
        let child = try Child(
            ["zip", "-q", "-r", archive, name, "-x", "*/__pycache__/*", "*/requirements.txt"],
            in: String(project[..<slash]),
            output: "\(directory)/\(name)")
        guard try await child.wait().exit == 0 else { throw Failure(child.said) }
        return archive
    }
}
