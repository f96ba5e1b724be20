import Glibc
import LinuxSystem
import TestSpool
import Testing

/// What stands at a name of a test.
enum Thing: CaseIterable, Sendable {
    case nothing, file, emptyFile, link, fifo, emptyDirectory, directory

    func make(_ name: String, in directory: borrowing Directory) throws {
        switch self {
        case .nothing: break
        case .file: try directory.writeDurably(name, Array(name.utf8))
        case .emptyFile: try directory.writeDurably(name, [])
        case .link: try directory.makeLink(name, to: "nowhere")
        case .fifo: #expect(mkfifo(try directory.absolutePath() + "/\(name)", 0o600) == 0)
        case .emptyDirectory: try directory.makeDirectory(name)
        case .directory:
            try directory.makeDirectory(name)
            try directory.directory(name).writeDurably("inside", Array(name.utf8))
        }
    }

    /// Whether a thing made under a name stands at another one.
    func isWhole(_ name: String, madeAs first: String, in directory: borrowing Directory) throws -> Bool {
        switch self {
        case .nothing: return !directory.contains(name)
        case .file: return try directory.content(name) == Array(first.utf8)
        case .emptyFile: return try directory.content(name).isEmpty
        case .link: return try directory.target(ofLink: name) == "nowhere"
        case .fifo: return try directory.information(name).kind == .other
        case .emptyDirectory: return try directory.directory(name).names().isEmpty
        case .directory: return try directory.directory(name).content("inside") == Array(first.utf8)
        }
    }
}

@Suite("Moving to a name that must be free")
struct MoveTests {
    /// The two ways: by a flag of the filesystem, and on one that has no such flag.
    enum Way: CaseIterable, Sendable {
        case flag, plain

        func move(
            _ name: String, in source: borrowing Directory, to target: borrowing Directory, as newName: String
        ) throws(SystemError) {
            switch self {
            case .flag: try source.move(name, to: target, as: newName)
            case .plain: try source.moveByPlainRename(name, to: target, as: newName)
            }
        }
    }

    private func withDirectories(
        _ body: (_ source: borrowing Directory, _ target: borrowing Directory) throws -> Void
    ) throws {
        let path = try TemporarySpool.directory()
        let root = try Directory(path: path)
        try root.makeDirectory("source")
        try root.makeDirectory("target")
        try body(try root.directory("source"), try root.directory("target"))
        for name in ["source", "target"] { try root.removeTree(name) }
        #expect(rmdir(path) == 0)
    }

    @Test("Anything moves to a free name as it is", arguments: Way.allCases, Thing.allCases.filter { $0 != .nothing })
    func free(way: Way, thing: Thing) throws {
        try withDirectories { source, target in
            try thing.make("a", in: source)
            try way.move("a", in: source, to: target, as: "b")
            #expect(try thing.isWhole("b", madeAs: "a", in: target))
            let (left, arrived) = try (source.names(), target.names())
            #expect(left == [] && arrived == ["b"])
        }
    }

    @Test(
        "A name that is taken is refused, and both stay as they are", arguments: Way.allCases,
        Thing.allCases.filter { $0 != .nothing }.flatMap { a in
            Thing.allCases.filter { $0 != .nothing }.map { (a, $0) }
        })
    func taken(way: Way, things: (Thing, Thing)) throws {
        let (thing, present) = things
        try withDirectories { source, target in
            try thing.make("a", in: source)
            try present.make("b", in: target)
            let error = #expect(throws: SystemError.self) { try way.move("a", in: source, to: target, as: "b") }
            #expect(error?.isTaken == true, "\(String(describing: error))")
            #expect(try thing.isWhole("a", madeAs: "a", in: source))
            #expect(try present.isWhole("b", madeAs: "b", in: target))
            let (left, arrived) = try (source.names(), target.names())
            #expect(left == ["a"] && arrived == ["b"])
        }
    }

    @Test("What is not there is missing, and nothing takes its new name", arguments: Way.allCases)
    func missing(way: Way) throws {
        try withDirectories { source, target in
            let error = #expect(throws: SystemError.self) { try way.move("a", in: source, to: target, as: "b") }
            #expect(error?.isMissing == true)
            let left = try target.names()
            #expect(left == [])
        }
    }

    @Test("A directory does not move into itself", arguments: Way.allCases)
    func intoItself(way: Way) throws {
        try withDirectories { source, target in
            try Thing.directory.make("a", in: source)
            let inside = try source.directory("a")
            let error = #expect(throws: SystemError.self) { try way.move("a", in: source, to: inside, as: "b") }
            #expect(error?.code == EINVAL)
            #expect(try Thing.directory.isWhole("a", madeAs: "a", in: source))
        }
    }

    @Test("Of many that move to one name at the same time one succeeds, and nothing is lost", arguments: [true, false])
    func race(ofDirectories: Bool) async throws {
        let thing = ofDirectories ? Thing.directory : .file
        let path = try TemporarySpool.directory()
        let root = try Directory(path: path)
        for round in 0..<20 {
            for number in 0..<8 { try thing.make("\(round).\(number)", in: root) }
            let winners = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        let root = try Directory(path: path)
                        do throws(SystemError) {
                            try root.moveByPlainRename("\(round).\(number)", to: root, as: "to-\(round)")
                            return 1
                        } catch {
                            guard error.isTaken else { throw error }
                            return 0
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(winners == 1)
            let left = try root.names().filter { $0.hasPrefix("\(round).") }
            #expect(left.count == 7)
        }
        for name in try root.names() { try root.removeTree(name) }
        #expect(rmdir(path) == 0)
    }

    @Test(
        "What a filesystem answers where the target is taken",
        arguments: [
            (ENOTEMPTY, true), (EEXIST, true), (EXDEV, true), (EPERM, true), (ENOTDIR, true), (EACCES, true),
            (ENOSPC, false), (EIO, false), (EROFS, false), (ENOENT, false), (EDQUOT, false), (ESTALE, false),
        ])
    func answers(code: Int32, meansTaken: Bool) {
        let error = SystemError(code: code, operation: "move")
        let taken = Directory.moveFailure(error, isTargetThere: true)
        #expect(taken.isTaken == meansTaken)
        #expect(meansTaken || taken == error)
        #expect(Directory.moveFailure(error, isTargetThere: false) == error)
    }
}

@Suite("Moving a directory away that its filesystem does not move")
struct MoveAwayTests {
    @Test(
        "One of a lower layer of overlayfs goes name by name, the last name last",
        .enabled(if: geteuid() == 0, "only root may mount something"))
    func overlay() throws {
        let path = try TemporarySpool.directory()
        // Layers of its own: those of a container's filesystem may not be layers of another one.
        #expect(mount("none", path, "tmpfs", 0, nil) == 0)
        defer {
            umount(path)
            rmdir(path)
        }
        for name in ["lower/old/deep", "lower/old/empty", "upper", "work", "merged"] {
            _ = try Directory(making: "\(path)/\(name)")
        }
        let root = try Directory(path: path)
        for name in ["status", "log", "deep/file"] { try root.directory("lower/old").writeDurably(name, [65]) }
        let options = "lowerdir=\(path)/lower,upperdir=\(path)/upper,workdir=\(path)/work"
        try #require(options.withCString { mount("overlay", "\(path)/merged", "overlay", 0, $0) } == 0)
        defer { umount("\(path)/merged") }
        let merged = try Directory(path: "\(path)/merged")
        let error = #expect(throws: SystemError.self) { try merged.move("old", to: merged, as: "new") }
        #expect(error?.code == EXDEV)
        try merged.moveAway("old", to: merged, as: "new", last: FileName("status"))
        let isLeft = merged.contains("old")
        #expect(!isLeft)
        let names = try merged.directory("new").names().sorted()
        // Its directories do not move, and are removed at once.
        #expect(names == ["log", "status"])
        try merged.removeTree("new")
        let left = try merged.names()
        #expect(left.isEmpty)
    }

    @Test("One that moves, moves at once")
    func atOnce() throws {
        let path = try TemporarySpool.directory()
        let root = try Directory(path: path)
        try Thing.directory.make("a", in: root)
        try root.moveAway("a", to: root, as: "b", last: FileName("inside"))
        #expect(try Thing.directory.isWhole("b", madeAs: "a", in: root))
        try root.removeTree("b")
        #expect(rmdir(path) == 0)
    }
}
