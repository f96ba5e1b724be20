import SpoolHTTP
import Testing

@Suite("Clients that read nothing")
struct StallCheckTests {
    /// What a look finds: bytes that wait, and pieces taken so far.
    typealias Look = (buffered: Int, progress: Int)

    private static let full: Look = (100, 0)

    @Test(
        "A client is cut off after four looks without any sign of it, and after five where it shares the looks",
        arguments: [
            ([full, full, full, full], 4), ([full, full, full], nil),
            // Nothing waits for it.
            ([(0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0)], nil),
            // It takes bytes, or pieces that are followed by others as long.
            ([full, full, full, (99, 0), (99, 0), (99, 0), (99, 0), (99, 0)], 8),
            ([full, full, full, (100, 1), full, full, full, full, full], 9),
        ] as [([Look], Int?)])
    func looks(_ looks: [Look], _ expected: Int?) {
        func end(isShared: Bool, _ looks: [Look]) -> Int? {
            var check = StallCheck(isShared: isShared)
            let index = looks.firstIndex { check.isStalled(buffered: $0.buffered, progress: $0.progress) }
            return index.map { $0 + 1 }
        }
        #expect(end(isShared: false, looks) == expected)
        // The first one of all may come at once after the client.
        #expect(end(isShared: true, [looks[0]] + looks) == expected.map { $0 + 1 })
    }
}
