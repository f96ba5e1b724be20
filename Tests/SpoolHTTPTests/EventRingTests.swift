import NIOCore
import SpoolHTTP
import Testing

@Suite("The events that are kept for pages that come back")
struct EventRingTests {
    private func ids(_ events: [ByteBuffer]?) -> [String]? {
        events?.map { event in
            let lines = String(buffer: event).split(separator: "\n")
            return lines.first { $0.hasPrefix("id: ") }.map { String($0.dropFirst(4)) } ?? ""
        }
    }

    @Test("What followed a known event is given again, in order; an unknown one gives nothing")
    func missed() {
        var ring = EventRing(name: "r", capacity: 3)
        for number in 1...5 { _ = ring.add("job", Array("{\"n\": \(number)}".utf8)) }
        #expect(ids(ring.events(after: "r-5")) == [])
        #expect(ids(ring.events(after: "r-3")) == ["r-4", "r-5"])
        #expect(ids(ring.events(after: "r-2")) == ["r-3", "r-4", "r-5"])
        for id in ["r-1", "r-0", "r-6", "s-5", "", "r", "r-", "r--1", "r-99999999999999999999"] {
            #expect(ring.events(after: id) == nil, "\(id)")
        }
    }

    @Test(
        "It keeps no more bytes than it may, however long the events are",
        arguments: [(1, 100), (10, 100), (200, 1000), (5000, 4096)])
    func bytes(size: Int, capacity: Int) {
        var ring = EventRing(name: "r", capacity: 1000, byteCapacity: capacity)
        for number in 1...500 {
            let last = ring.id
            let event = ring.add("job", [UInt8](repeating: 65, count: size))
            #expect(ring.byteCount <= capacity)
            #expect(ring.id == "r-\(number)")
            let missed = ring.events(after: last)
            #expect(missed == (event.readableBytes <= capacity ? [event] : nil))
        }
    }
}
