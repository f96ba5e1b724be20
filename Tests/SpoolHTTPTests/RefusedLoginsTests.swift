import SpoolHTTP
import SpoolModel
import Testing

@Suite("Which refused logins get a line of the log")
struct RefusedLoginsTests {
    private let start = Timestamp(microseconds: 1_764_000_000_000_000)

    @Test("A few get one each")
    func few() {
        var refused = RefusedLogins()
        for number in 0..<20 {
            let hasLine = refused.note(from: "\(number)", at: start)
            #expect(hasLine)
        }
        let counts = refused.takeCounts()
        #expect(counts.isEmpty)
    }

    @Test("A flood is counted by address, and nothing of it is lost or said twice")
    func flood() {
        var refused = RefusedLogins()
        var lines = 0
        for number in 0..<10_000 {
            lines += refused.note(from: "10.0.0.\(number % 3)", at: start.adding(microseconds: Int64(number))) ? 1 : 0
        }
        #expect(lines == 20)
        let counts = refused.takeCounts()
        #expect(counts.map(\.address) == ["10.0.0.0", "10.0.0.1", "10.0.0.2"])
        #expect(counts.reduce(0) { $0 + $1.count } == 10_000 - lines)
        let rest = refused.takeCounts()
        #expect(rest.isEmpty)
    }

    @Test("Addresses without number take no room without end")
    func addresses() {
        var refused = RefusedLogins()
        for number in 0..<1000 { _ = refused.note(from: "a\(number)", at: start) }
        let counts = refused.takeCounts()
        #expect(counts.count == 21 && counts.first?.address == nil)
        #expect(counts.reduce(0) { $0 + $1.count } == 980)
    }

    @Test("With time there are lines again, and a clock that is set back gives none")
    func time() {
        var refused = RefusedLogins()
        for _ in 0..<20 { _ = refused.note(from: "a", at: start) }
        let hasLine = [2, 4, -1_000_000, .min].map { refused.note(from: "a", at: start.adding(seconds: $0)) }
        #expect(hasLine == [false, true, false, false])
    }
}
