import Forms
import Testing

/// How many random bodies each test makes.
private let rounds = 10_000

private func assemble(
    _ pieces: [[UInt8]], upTo count: Int, using generator: inout SeededGenerator
) -> [UInt8] {
    (0..<Int.random(in: 0...count, using: &generator)).flatMap { _ in pieces.randomElement(using: &generator)! }
}

@Test("Random multipart bodies, cut at random, are read as the plain way reads them whole", arguments: [1, 2])
func randomMultipart(seed: UInt64) {
    var generator = SeededGenerator(state: seed)
    let pieces = [
        "\r", "\n", "\r\n", "-", "--", "x", "\0\u{FF}", "--bound", "\r\n--boun", "\r\n--boundx", "\r\n--bound-",
    ]
    .map(latin1)
    let opening = latin1("\r\n--bound\r\n") + Reference.header + latin1("\r\n\r\n")
    let padded = latin1("\r\n--bound \t\r\n") + Reference.header + latin1("\r\n\r\n")
    var read = 0
    for round in 0..<rounds {
        var body = assemble(pieces, upTo: 2, using: &generator)
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            body += Bool.random(using: &generator) ? opening : padded
            body += assemble(pieces, upTo: 8, using: &generator)
        }
        if round % 8 != 0 { body += latin1("\r\n--bound--") + assemble(pieces, upTo: 3, using: &generator) }
        let cuts = randomCuts(of: body, using: &generator)
        let outcome = feed(body, "multipart/form-data; boundary=\(Reference.boundary)", cuts: cuts)
        let expected = Reference.multipart(body)
        let isSame = outcome.error == nil ? outcome.fields == expected : expected == nil && outcome.error == .malformed
        #expect(isSame && !outcome.isMisused, "\(body) \(cuts) \(outcome)")
        if expected?.isEmpty == false { read += 1 }
        guard isSame else { return }
    }
    #expect(read > rounds / 4)
}

@Test("Random urlencoded bodies, cut at random, are read as the plain way reads them whole", arguments: [3, 4])
func randomURLEncoded(seed: UInt64) {
    var generator = SeededGenerator(state: seed)
    let pieces = ["%", "%4", "%41", "%fF", "%zz", "4", "a", "f", "z", "+", "&", ";", "=", "=", "\0", "\u{FF}"].map(
        latin1)
    for _ in 0..<rounds {
        let body = assemble(pieces, upTo: 30, using: &generator)
        let cuts = randomCuts(of: body, using: &generator)
        let outcome = feed(body, urlEncoded, cuts: cuts)
        let isSame = outcome == Outcome(fields: Reference.urlEncoded(body))
        #expect(isSame, "\(body) \(cuts) \(outcome)")
        guard isSame else { return }
    }
}

@Test("Random bytes of any size go through both formats unchanged")
func randomBytes() {
    var generator = SeededGenerator(state: 5)
    for size in [7, 8, 9, 255, 4096, 32_767, 32_768, 32_769, 32_770, 100_000] {
        let value = (0..<size).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let digits = Array("0123456789abcdef".utf8)
        let encoded = latin1("a=") + value.flatMap { [UInt8(ascii: "%"), digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        let expected = Outcome(fields: [Field(name: latin1("a"), value: value)])
        #expect(feed(encoded, urlEncoded, cuts: randomCuts(of: encoded, using: &generator)) == expected)
        let multipart =
            latin1("--bound\r\n") + Reference.header + latin1("\r\n\r\n") + value + latin1("\r\n--bound--\r\n")
        let type = "multipart/form-data; boundary=bound"
        #expect(feed(multipart, type, cuts: randomCuts(of: multipart, using: &generator)) == expected)
    }
}

@Test("Rubbish never traps, and ends in an outcome")
func rubbish() {
    var generator = SeededGenerator(state: 6)
    let pieces = [
        "--bound", "\r\n", "\r", "\n", "Content-Disposition", ":", " ", "form-data", ";", "name", "=", "\"", "\\",
        "%22",
    ]
    .map(latin1)
    for _ in 0..<rounds {
        let body = latin1("--bound\r\n") + assemble(pieces, upTo: 20, using: &generator)
        let cuts = randomCuts(of: body, using: &generator)
        let outcome = feed(body, "multipart/form-data; boundary=bound", cuts: cuts)
        #expect(outcome == feed(body, "multipart/form-data; boundary=bound", cuts: []))
        let type = String(decoding: body.dropFirst(9), as: UTF8.self)
        _ = MultipartParser.boundary(fromContentType: "multipart/form-data;" + type)
    }
}
