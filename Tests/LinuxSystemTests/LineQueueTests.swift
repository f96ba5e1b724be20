import LinuxSystem
import Testing

@Suite("Lines that wait to be written")
struct LineQueueTests {
    private func queue(limit: Int) -> LineQueue {
        LineQueue(limit: limit) { Array("(\($0))\n".utf8) }
    }

    /// Writes all that waits, so many bytes at a time.
    private func write(_ queue: inout LineQueue, by step: Int = .max) -> String {
        var text: [UInt8] = []
        while case let bytes = queue.next(), !bytes.isEmpty {
            let part = bytes.prefix(step)
            text += part
            queue.advance(by: part.count)
        }
        #expect(queue.isEmpty)
        return String(decoding: text, as: UTF8.self)
    }

    @Test("Lines come out in order, whatever is written at a time", arguments: [1, 2, 3, 1000])
    func order(step: Int) {
        var queue = queue(limit: 1 << 20)
        var expected = ""
        for number in 0..<3000 {
            queue.append(Array("line \(number)\n".utf8))
            expected += "line \(number)\n"
        }
        #expect(write(&queue, by: step) == expected)
        #expect(write(&queue) == "")
    }

    @Test("What does not fit is dropped, and the notice of it stands where it would have been")
    func dropped() {
        var queue = queue(limit: 9)
        for line in ["one\n", "two\n", "three\n", "4\n"] { queue.append(Array(line.utf8)) }
        #expect(queue.droppedCount == 2)
        // Room for a line, and not for the notice that has to come before it.
        queue.advance(by: queue.next().count)
        queue.append(Array("5\n".utf8))
        #expect(queue.droppedCount == 3)
        queue.advance(by: queue.next().count)
        queue.append(Array("six\n".utf8))
        #expect(queue.droppedCount == 0)
        #expect(write(&queue) == "(3)\nsix\n")
    }

    @Test("A notice is written when all else is, without a further line")
    func notice() {
        var queue = queue(limit: 4)
        for line in ["one\n", "two\n", "three\n"] { queue.append(Array(line.utf8)) }
        #expect(write(&queue) == "one\n(2)\n")
    }

    @Test("A line that is longer than the limit is taken when nothing else waits")
    func long() {
        var queue = queue(limit: 4)
        queue.append(Array("longer than four\n".utf8))
        queue.append(Array("x\n".utf8))
        #expect(write(&queue, by: 5) == "longer than four\n(1)\n")
    }

    @Test("What cannot be written is counted, the lines of a lost notice too")
    func drop() {
        var queue = queue(limit: 8)
        for line in ["one\n", "two\n", "three\n"] { queue.append(Array(line.utf8)) }
        queue.drop()
        #expect(queue.droppedCount == 3)
        queue.append(Array("4\n".utf8))
        queue.drop()
        #expect(queue.droppedCount == 4)
        #expect(write(&queue) == "(4)\n")
    }
}
