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

    @Test("Descriptors of a message can be taken one after the other, and what is not taken is closed")
    func delivery() throws {
        let pair = try MessageSocket.pair()
        let file = try Descriptor.inMemory(words: ["scrapy", ""], environment: ["A=b c", "B="])
        let pipe = try Pipe()
        try pair.ours.send("job", files: [file.number, pipe.writing.number, pipe.writing.number])
        let reader = pipe.keepReading()
        do {
            guard var delivery = try pair.its.awaitDelivery(), let file = delivery.take() else {
                throw SystemError(code: ENOMSG, operation: "receive a file")
            }
            let (text, job) = (delivery.text, try file.wordsInMemory())
            #expect(text == "job" && job?.words == ["scrapy", ""] && job?.environment == ["A=b c", "B="])
            let isOver = reader.isReadable(within: 0)
            #expect(!isOver)
        }
        let isOver = reader.isReadable(within: 60_000)
        #expect(isOver, "the other two are closed, so the pipe ends")
        _ = pair.keepOurs()
    }

    @Test("A text with a NUL ends there, and moves no other one")
    func texts() throws {
        let file = try Descriptor.inMemory(words: ["a\0b", "\0", "c"], environment: ["A=1\0B=2", "C=3"])
        let job = try file.wordsInMemory()
        #expect(job?.words == ["a", "", "c"] && job?.environment == ["A=1", "C=3"])
    }

    @Test("What is no file of words is none", arguments: ["", "1", "1\0", "x\0", "-1\0a\0", "2\0a\0", "0\0A=1"])
    func others(_ content: String) throws {
        let file = try Descriptor.inMemory()
        try file.write(Array(content.utf8))
        let job = try file.wordsInMemory()
        #expect(job == nil)
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
