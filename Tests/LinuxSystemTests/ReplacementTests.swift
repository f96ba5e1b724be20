import Glibc
import LinuxSystem
import TestSpool
import Testing

@Suite("A file that takes the place of another in the blocks of a third")
final class ReplacementTests {
    private let path: String
    private let place: Directory
    private static let filler = [UInt8](repeating: 0x0a, count: 64)

    init() throws {
        path = try TemporarySpool.directory()
        place = try Directory(path: path)
        try place.writeDurably("status", Array("old\n".utf8))
        try place.writeDurably("spare", ReplacementTests.filler)
    }

    deinit {
        let slash = path.lastIndex(of: "/")!
        try? Directory(path: String(path[..<slash])).removeTree(String(path[path.index(after: slash)...]))
    }

    private func replace() throws {
        try place.replace("status", Array("new\n".utf8), into: "spare", leaving: ReplacementTests.filler).synchronize()
    }

    @Test("It has the inode of the third, which gets a successor")
    func inPlace() throws {
        let inode = try place.information("spare").inode
        try replace()
        #expect(try place.information("status").inode == inode)
        #expect(try place.content("status") == Array("new\n".utf8))
        #expect(try place.content("spare") == ReplacementTests.filler)
        #expect(try place.names().sorted() == ["spare", "status"])
    }

    @Test("Without a third, or with one that has a second name, it is another file")
    func ordinary() throws {
        try place.rename("spare", to: "kept")
        try replace()
        #expect(try place.content("status") == Array("new\n".utf8))
        #expect(try place.names().sorted() == ["kept", "status"])
        #expect(link("\(path)/kept", "\(path)/spare") == 0)
        try replace()
        #expect(try place.content("kept") == ReplacementTests.filler)
        #expect(try place.content("status") == Array("new\n".utf8))
    }

    @Test("What an interrupted one has left is overwritten")
    func leftover() throws {
        try place.writeDurably(".status.tmp", Array("a longer leftover than the others".utf8))
        try place.rename("spare", to: "status")
        try replace()
        try place.writeDurably("spare", Array("ab".utf8))
        try replace()
        #expect(try place.content("status") == Array("new\n".utf8))
        #expect(try place.content("spare") == ReplacementTests.filler)
    }

    /// What may have a name, and is no file of its own.
    enum Stranger: CaseIterable {
        case fifo, openFIFO, otherName, link, linkToDirectory
    }

    @Test(
        "What is no file of its own is neither waited for nor written to", arguments: Stranger.allCases,
        [".status.tmp", "spare"])
    func strangers(stranger: Stranger, name: String) throws {
        try place.writeDurably("kept", Array("kept\n".utf8))
        place.removeLeftover(name)
        let there = "\(path)/\(name)"
        var reader: Int32 = -1
        switch stranger {
        case .fifo: #expect(mkfifo(there, 0o600) == 0)
        case .openFIFO:
            #expect(mkfifo(there, 0o600) == 0)
            reader = open(there, O_RDWR)
        case .otherName: #expect(link("\(path)/kept", there) == 0)
        case .link: #expect(symlink("kept", there) == 0)
        case .linkToDirectory: #expect(symlink(".", there) == 0)
        }
        try replace()
        #expect(try place.content("status") == Array("new\n".utf8))
        try place.publish("status", Array("newer\n".utf8), into: "spare", keepsOrder: true)
        try place.publish([(name: "status", content: Array("newest\n".utf8))])
        close(reader)
        #expect(try place.content("status") == Array("newest\n".utf8))
        #expect(try place.content("kept") == Array("kept\n".utf8))
        let isLeft = place.contains(".status.tmp")
        #expect(!isLeft)
    }

    @Test("Where nothing can be made, nothing is replaced")
    func refused() throws {
        try place.makeDirectory(".status.tmp")
        #expect(throws: SystemError.self) { try replace() }
        #expect(try place.content("status") == Array("old\n".utf8))
        #expect(try place.content("spare") == ReplacementTests.filler)
    }
}
