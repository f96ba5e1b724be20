package import NIOCore

/// The latest events, numbered, so that a client that reconnects gets those that it missed.
package struct EventRing: Sendable {
    /// An event in its wire format (HTML §9.2.5).
    private struct Entry {
        let number: Int
        let bytes: ByteBuffer
    }

    /// Distinguishes the numbers from those of an earlier ring.
    let name: String
    /// The number of the last event.
    private(set) var last = 0
    private var entries: [Entry] = []
    /// The bytes of all kept events.
    package private(set) var byteCount = 0
    private let capacity: Int, byteCapacity: Int

    /// A ring without events.
    ///
    /// - Parameters:
    ///   - capacity: the most events that are kept.
    ///   - byteCapacity: the most bytes of them.
    package init(name: String, capacity: Int = 512, byteCapacity: Int = 1 << 20) {
        self.name = name
        self.capacity = capacity
        self.byteCapacity = byteCapacity
    }

    /// The id of the last event: a client that has it has missed none.
    package var id: String { "\(name)-\(last)" }

    /// Adds an event and returns its bytes.
    package mutating func add(_ type: String, _ data: [UInt8]) -> ByteBuffer {
        last += 1
        let bytes = EventRing.bytes(type, id: id, data)
        entries.append(Entry(number: last, bytes: bytes))
        byteCount += bytes.readableBytes
        var surplus = max(0, entries.count - capacity)
        byteCount -= entries.prefix(surplus).reduce(0) { $0 + $1.bytes.readableBytes }
        while byteCount > byteCapacity, surplus < entries.count {
            byteCount -= entries[surplus].bytes.readableBytes
            surplus += 1
        }
        entries.removeFirst(surplus)
        return bytes
    }

    /// The events after an id; nil if they are no longer known, or the id never was.
    package func events(after id: String) -> [ByteBuffer]? {
        guard id.hasPrefix(name + "-"), let number = Int(id.dropFirst(name.count + 1)), (0...last).contains(number),
            number == last || entries.first.map({ $0.number <= number + 1 }) == true
        else { return nil }
        return entries.drop { $0.number <= number }.map(\.bytes)
    }

    /// An event that makes the client reload all data.
    package var reload: ByteBuffer { EventRing.bytes("reload", id: id, Array("{}".utf8)) }

    private static func bytes(_ type: String, id: String, _ data: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer(string: "event: \(type)\nid: \(id)\ndata: ")
        // JSON on one line, as `data:` needs it.
        buffer.writeBytes(data)
        buffer.writeStaticString("\n\n")
        return buffer
    }
}
