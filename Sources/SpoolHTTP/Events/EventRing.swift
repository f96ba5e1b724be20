internal import NIOCore

/// The last events, each with a number, so that somebody who was away for a moment hears what they missed.
struct EventRing {
    /// An event as it goes over the wire (HTML §9.2.5).
    struct Entry {
        let number: Int
        let bytes: ByteBuffer
    }

    /// What tells numbers from those that an earlier ring gave.
    let name: String
    /// The number of the last event.
    private(set) var last = 0
    private var entries: [Entry] = []
    private let capacity: Int

    /// No events yet.
    init(name: String, capacity: Int = 512) {
        self.name = name
        self.capacity = capacity
    }

    /// The id of the last event: who has it has missed nothing.
    var id: String { "\(name)-\(last)" }

    /// Adds an event and gives its bytes.
    mutating func add(_ type: String, _ data: [UInt8]) -> ByteBuffer {
        last += 1
        let bytes = EventRing.bytes(type, id: id, data)
        entries.append(Entry(number: last, bytes: bytes))
        if entries.count > capacity { entries.removeFirst(entries.count - capacity) }
        return bytes
    }

    /// What came after the event of an id; nil when that is not known any more, or never was.
    func events(after id: String) -> [ByteBuffer]? {
        guard id.hasPrefix(name + "-"), let number = Int(id.dropFirst(name.count + 1)), (0...last).contains(number),
            number == last || entries.first.map({ $0.number <= number + 1 }) == true
        else { return nil }
        return entries.drop { $0.number <= number }.map(\.bytes)
    }

    /// An event that says: what you have is old, ask for all of it anew.
    var reload: ByteBuffer { EventRing.bytes("reload", id: id, Array("{}".utf8)) }

    private static func bytes(_ type: String, id: String, _ data: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer(string: "event: \(type)\nid: \(id)\ndata: ")
        // JSON on one line.
        buffer.writeBytes(data)
        buffer.writeStaticString("\n\n")
        return buffer
    }
}
