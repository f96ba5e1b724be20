import Glibc
import LinuxSystem
import Testing

@Suite("Messages between processes")
struct MessageSocketTests {
    @Test("Messages arrive whole and in order, none is nil, and the end of the other socket is empty")
    func messages() throws {
        let other: Int32
        do {
            let pair = try MessageSocket.pair()
            try pair.its.send("first")
            try pair.its.send("second one")
            let first = try pair.ours.receive()
            let second = try pair.ours.receive(within: 0)
            let third = try pair.ours.receive()
            let late = try pair.ours.receive(within: 1)
            #expect(first == "first" && second == "second one" && third == nil && late == nil)
            // Kept open beyond its owner.
            other = dup(pair.ours.descriptor.number)
        }
        let rest = MessageSocket(Descriptor(owning: other))
        // A process that another test has just forked may have a copy of the other end for a moment.
        let end = try rest.receive(within: 60_000)
        #expect(end == "")
        var code: Int32 = 0
        do throws(SystemError) { try rest.send("nobody reads this") } catch { code = error.code }
        #expect(code == EPIPE)
    }

    @Test("Descriptors travel with a message, eight at most")
    func descriptors() throws {
        let pair = try MessageSocket.pair()
        let file = try Descriptor.inMemory(words: ["scrapy", "crawl", ""], environment: ["A=b c"])
        let content = try file.readAll(limit: 100)
        #expect(content == Array("3\0scrapy\0crawl\0\0A=b c\0".utf8))
        try pair.ours.send("files", files: [file.number, file.number])
        let text = try pair.its.receive()
        #expect(text == "files")
        var code: Int32 = 0
        do throws(SystemError) {
            try pair.ours.send("too many", files: Array(repeating: file.number, count: 9))
        } catch { code = error.code }
        #expect(code == EINVAL)
    }

    @Test("A message that is too long is cut, and does not end the reader")
    func long() throws {
        let pair = try MessageSocket.pair()
        try pair.its.send(String(repeating: "x", count: 10_000))
        try pair.its.send("next")
        let cut = try pair.ours.receive()
        let next = try pair.ours.receive()
        #expect(cut?.count == 256 && next == "next")
    }
}
