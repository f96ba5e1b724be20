import Glibc
import LinuxSystem
import Testing

@Suite("Writing without waiting for the reader")
struct LineWriterTests {
    private func writer(_ descriptor: borrowing Descriptor, limit: Int = 1 << 20) -> LineWriter {
        LineWriter(descriptor.number, limit: limit) { Array("(\($0) dropped)\n".utf8) }
    }

    /// Reads lines until one is the last.
    private func lines(of descriptor: borrowing Descriptor, until last: String) -> [String] {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while !String(decoding: text.suffix(last.utf8.count + 1), as: UTF8.self).hasSuffix(last + "\n") {
            let count = read(descriptor.number, &buffer, buffer.count)
            guard count > 0 else { break }
            text += buffer[..<count]
        }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test("A pipe that nobody reads holds nobody up; when it is read, all comes that fitted, and a notice of the rest")
    func pipe() throws {
        let pipe = try Pipe()
        let flags = fcntl(pipe.writing.number, F_GETFL)
        let writer = writer(pipe.writing, limit: 100_000)
        let line = String(repeating: "x", count: 99)
        for number in 0..<5000 { writer.write(Array("\(number) \(line)\n".utf8)) }
        writer.flush(within: 50)
        #expect(fcntl(pipe.writing.number, F_GETFL) == flags, "the open file is not this writer's alone")
        var seen = lines(of: pipe.reading, until: "dropped)")
        let last = seen.popLast()
        let notice = try #require(last)
        let dropped = try #require(Int(notice.dropFirst().prefix { $0.isNumber }))
        #expect(seen.count + dropped == 5000)
        #expect(dropped > 0 && seen.count > 1000)
        #expect(seen == (0..<seen.count).map { "\($0) \(line)" })
        writer.write(Array("after\n".utf8))
        #expect(lines(of: pipe.reading, until: "after") == ["after"])
    }

    @Test("A socket that nobody reads holds nobody up")
    func socket() throws {
        var ends: [Int32] = [-1, -1]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let near = Descriptor(owning: ends[0])
        let far = Descriptor(owning: ends[1])
        let writer = writer(near)
        for number in 0..<20_000 { writer.write(Array("line \(number)\n".utf8)) }
        let seen = lines(of: far, until: "line 19999")
        #expect(seen == (0..<20_000).map { "line \($0)" })
    }

    @Test("Without a reader lines are dropped, and the process lives")
    func broken() throws {
        Host.ignoreBrokenPipes()
        let pipe = try Pipe()
        let writer = writer(pipe.writing)
        let writing = pipe.keepWriting()
        defer { withExtendedLifetime(writing) {} }
        for _ in 0..<10 { writer.write(Array("line\n".utf8)) }
        writer.flush(within: 0)
    }

    @Test("A file gets each line at once")
    func file() throws {
        var template = Array("/tmp/line-writer-XXXXXX".utf8CString)
        let file = Descriptor(owning: mkstemp(&template))
        #expect(unlink(template) == 0)
        let writer = writer(file)
        for number in 0..<100 { writer.write(Array("line \(number)\n".utf8)) }
        let text = String(decoding: try file.readAll(limit: 1 << 20), as: UTF8.self)
        #expect(text.split(separator: "\n").count == 100)
    }
}
