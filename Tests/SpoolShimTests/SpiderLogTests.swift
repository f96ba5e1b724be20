import SpoolShim
import Testing

@Suite("What a spider's log tells")
struct SpiderLogTests {
    private static let opened = "2026-11-28 03:00:00 [scrapy.core.engine] INFO: Spider opened\n"
    private static let told =
        "2026-11-28 03:00:09 [scrapy.crawler] INFO: Received SIGTERM, shutting down gracefully. Send again to force \n"
    private static let noise = String(repeating: "2026-11-28 [books] DEBUG: RRRReceived S\n", count: 500)

    @Test(
        "Scrapy says that it was told to stop, has not been, or does not say such things",
        arguments: [
            (opened + noise + told, true), (told, true), (opened + noise + told + noise, true), (opened + noise, false),
            (opened, false), (noise, nil), ("", nil), ("R", nil), ("Received SI", nil),
        ] as [(String, Bool?)])
    func hasHeard(log: String, expected: Bool?) {
        let bytes = Array(log.utf8)
        #expect(SpiderLog.hasHeard(head: bytes, tail: bytes) == expected)
    }
}
