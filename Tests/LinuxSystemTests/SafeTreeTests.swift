import Glibc
import LinuxSystem
import Synchronization
import TestSpool
import Testing

@Suite("What is done in a tree that another user may change")
final class SafeTreeTests {
    private let path: String
    private let root: Directory

    init() throws {
        path = try TemporarySpool.directory()
        root = try Directory(path: path)
        try root.makeDirectory("victim")
        try root.setPermissions("victim", 0o755)
        try root.directory("victim").writeDurably("precious", [65])
    }

    deinit {
        guard let slash = path.lastIndex(of: "/") else { return }
        try? Directory(path: String(path[..<slash])).removeTree(String(path[path.index(after: slash)...]))
    }

    @Test("A file that is not usable is told apart from a system that fails")
    func usable() throws {
        try root.makeLink("link", to: "victim/precious")
        try root.makeLink("loop", to: "loop")
        try root.writeDurably("long", [1, 2, 3])
        for path in ["missing", "victim", "link", "loop", "victim/precious/below", "long"] {
            #expect(try root.contentIfUsable(path, limit: 2) == nil, "\(path)")
        }
        #expect(try root.contentIfUsable("victim/precious", limit: 2) == [65])
        for path in ["missing", "link", "loop", "long"] {
            let isThere = try root.directoryIfUsable(path) != nil
            #expect(!isThere, "\(path)")
        }
        for code in [ENOENT, ENOTDIR, ELOOP, EACCES, EISDIR, ENAMETOOLONG, EFBIG] {
            #expect(SystemError(code: code, operation: "").isAboutFile, "\(code)")
        }
        for code in [EMFILE, ENFILE, ENOMEM, EIO, ESTALE, ENOSPC] {
            #expect(!SystemError(code: code, operation: "").isAboutFile, "\(code)")
        }
    }

    @Test("Leftovers are removed, and what is in use stays")
    func leftovers() throws {
        try root.makeDirectory("empty")
        try root.makeLink("link", to: "victim")
        for name in ["empty", "victim", "link", "missing"] { root.removeIfEmpty(name) }
        for name in ["empty/below", "victim"] { root.removeForeignIfEmpty(RelativePath(name)) }
        root.removeLeftover("victim")
        #expect(Set(try names()) == ["victim", "link"])
        root.removeLeftover("link")
        try makeTree("tree", depth: 3)
        root.removeLeftoverTree("tree")
        #expect(try names() == ["victim"])
        try expectVictim()
    }

    /// Nothing outside the tree was changed.
    private func expectVictim() throws {
        let content = try root.content("victim/precious")
        #expect(content == [65])
        #expect(try permissions("victim") == 0o755)
        #expect(try permissions("victim/precious") == 0o600)
    }

    private func permissions(_ path: String) throws -> UInt32 { try root.information(path).permissions }

    private func names() throws -> [String] { try root.names() }

    private func contains(_ path: String) -> Bool { root.contains(path) }

    /// A tree with a directory in a directory, so many times, with a file and two links in each.
    private func makeTree(_ name: String, depth: Int) throws {
        try root.makeDirectory(name)
        var directory = try root.directory(name)
        for _ in 0..<depth {
            try directory.makeLink("out", to: path + "/victim")
            try directory.makeLink("up", to: "..")
            _ = try directory.file("file", O_WRONLY | O_CREAT)
            try directory.makeDirectory("inner")
            directory = try directory.directory("inner")
        }
    }

    // MARK: Removal

    @Test("A tree of any depth is removed, and nothing that its links lead to", arguments: [0, 1, 7, 8, 9, 40, 1500])
    func depth(_ depth: Int) throws {
        try makeTree("tree", depth: depth)
        try root.removeTree("tree")
        #expect(try names() == ["victim"])
        try expectVictim()
    }

    @Test("A file, a link and what is not there are removed as a tree is")
    func noTree() throws {
        try root.writeDurably("file", [])
        try root.makeLink("link", to: "victim")
        for name in ["file", "link", "none"] { try root.removeTree(name) }
        #expect(try names() == ["victim"])
        try expectVictim()
    }

    @Test("A directory is made through no link, wherever in its path that is")
    func made() throws {
        try root.makeDirectory("tree")
        let tree = try root.directory("tree")
        try tree.makeLink("link", to: path + "/victim")
        for path in ["link/new", "link", "link/new/deep"] {
            #expect(throws: SystemError.self) { _ = try tree.makeDirectory(RelativePath(path), for: nil) }
        }
        _ = try tree.makeDirectory(RelativePath("a"), for: nil)
        _ = try tree.makeDirectory(RelativePath("a/b"), for: nil)
        #expect(try root.directory("tree/a").names() == ["b"])
        #expect(try root.directory("victim").names() == ["precious"])
        try expectVictim()
    }

    @Test("Names of any bytes are removed, directories and files")
    func bytes() throws {
        try root.makeDirectory("tree")
        let tree = try root.directory("tree")
        for byte in 0x80...0xff {
            try tree.makeDirectory("new")
            _ = try tree.directory("new").file(FileName(bytes: [UInt8(byte), 0x0a, 0xe9]), O_WRONLY | O_CREAT)
            try tree.rename("new", to: FileName(bytes: [0xc3, UInt8(byte), 0x25, 0x30]))
        }
        let count = try tree.entries().count
        #expect(count == 128)
        try root.removeTree("tree")
        #expect(!contains("tree"))
    }

    @Test("Directories that their owner may not read, write or enter are removed", arguments: [0, 0o100, 0o400, 0o555])
    func modes(_ bits: UInt32) throws {
        try makeTree("tree", depth: 20)
        // From the innermost outwards, by the path, which has to be gone through.
        for depth in (0..<20).reversed() {
            let path = "tree" + String(repeating: "/inner", count: depth)
            try root.setPermissions(path, bits)
        }
        try root.removeTree("tree")
        #expect(!contains("tree"))
        try expectVictim()
    }

    @Test("A removal that has no time says what is left, and the next one removes the rest")
    func time() throws {
        try makeTree("tree", depth: 3)
        let error = #expect(throws: SystemError.self) { try root.removeTree("tree", within: 0) }
        #expect(error?.code == ETIME && error?.description.contains("remove tree") == true)
        #expect(contains("tree"))
        try root.removeTree("tree")
        #expect(!contains("tree"))
    }

    @Test("While somebody swaps directories for links to another place, that place is left alone")
    func swapped() throws {
        for _ in 0..<20 {
            try root.makeDirectory("tree")
            let tree = try root.directory("tree")
            for number in 0..<40 {
                try tree.makeDirectory("d\(number)")
                try tree.makeLink("l\(number)", to: path + "/victim")
            }
            let racer = Racer { tree in
                for number in 0..<40 {
                    // Each may be gone by now.
                    try? tree.rename("d\(number)", to: "x")
                    try? tree.rename("l\(number)", to: "d\(number)")
                    try? tree.rename("x", to: "l\(number)")
                }
            }
            try racer.start(in: tree)
            // What is swapped while it is looked at may be left, and goes when nobody swaps any more.
            try? root.removeTree("tree")
            racer.stop()
            try root.removeTree("tree")
            #expect(!contains("tree"))
            try expectVictim()
        }
    }

    @Test("While somebody makes names in it all the time, a removal ends, and the next one removes the rest")
    func straggler() throws {
        try makeTree("tree", depth: 3)
        let number = Atomic(0)
        let racer = Racer { inner in
            let next = number.add(1, ordering: .relaxed).newValue
            try? inner.makeDirectory("d\(next)")
            try? inner.directory("d\(next)").file("f", O_WRONLY | O_CREAT).close()
        }
        try racer.start(in: try root.directory("tree/inner/inner"))
        do throws(SystemError) {
            try root.removeTree("tree", within: 5_000_000)
        } catch {
            #expect(error.description.contains("remove tree"), "\(error)")
        }
        racer.stop()
        try root.removeTree("tree")
        #expect(!contains("tree"))
        try expectVictim()
    }

    // MARK: Modes and owners

    @Test("Nothing that a link leads to is made read-only")
    func modesOfLinks() throws {
        try makeTree("tree", depth: 12)
        try root.directory("tree").makeReadOnly()
        #expect(try permissions("tree/inner/file") == 0o400)
        #expect(try permissions("tree/inner/inner") == 0o500)
        try expectVictim()
        try root.removeTree("tree")
        #expect(!contains("tree"))
    }

    @Test("The mode of a link is not to be changed, nor that of what it leads to")
    func modeOfLink() throws {
        try root.makeLink("link", to: "victim")
        let error = #expect(throws: SystemError.self) { try root.setPermissions("link", 0o700) }
        #expect(error?.code == ELOOP)
        try root.setOwner("link", geteuid())
        try expectVictim()
    }
}

/// A thread that does something in a directory over and over again until it is stopped.
private final class Racer: Sendable {
    private let body: @Sendable (borrowing Directory) -> Void
    private let isStopped = Atomic(false)
    private let hasEnded = Atomic(false)

    init(_ body: @escaping @Sendable (borrowing Directory) -> Void) {
        self.body = body
    }

    func start(in directory: consuming Directory) throws {
        let place = Place(directory)
        try startThread(named: "racer") { [self] in
            while !isStopped.load(ordering: .acquiring) { body(place.directory) }
            hasEnded.store(true, ordering: .releasing)
        }
    }

    func stop() {
        isStopped.store(true, ordering: .releasing)
        while !hasEnded.load(ordering: .acquiring) { sched_yield() }
    }

    private final class Place: Sendable {
        let directory: Directory

        init(_ directory: consuming Directory) {
            self.directory = directory
        }
    }
}
