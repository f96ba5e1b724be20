import SpoolModel
import Testing

@Suite("Payloads")
struct PayloadTests {
    @Test(
        "A payload is laid out on one line and keeps its letters",
        arguments: [
            (#"{"a":1}"#, #"{"a": 1}"#), (" {\n} ", "{}"),
            (#"{"miasto": "Łódź", "znak":"\u0105"}"#, #"{"miasto": "Łódź", "znak": "ą"}"#),
            (#"["\u0000\ud83d\ude00"]"#, #"["\u0000😀"]"#), ("\"\u{7f}\u{202e}\"", "\"\u{7f}\u{202e}\""),
        ])
    func letters(sent: String, kept: String) throws {
        #expect(try Payload.text(from: sent) == kept)
    }

    @Test(
        "What a hint says to write is a payload",
        arguments: ["a=b", "category=tv&x=\"y\"", "_x=\\", "żółw=1=2", "word", "tv2", "x=", " a=b"])
    func hints(sent: String) throws {
        #expect(throws: PayloadError.self) { try Payload.text(from: sent) }
        let hint = try #require(Payload.hint(for: sent))
        #expect(hint.hasPrefix("write "))
        let advice = hint.dropFirst("write ".count).replacing(", with the double quotes", with: "")
        #expect(try Payload.text(from: String(advice)) == advice)
    }

    @Test("The limit counts the bytes as they were sent")
    func limit() throws {
        let most = JobMetadata.longestPayload
        let letters = "\"" + String(repeating: "ą", count: 40_000) + "\""
        #expect(try Payload.text(from: letters) == letters)
        let full = "\"" + String(repeating: "x", count: most - 2) + "\""
        #expect(try Payload.text(from: full) == full)
        #expect(throws: PayloadError.tooLong) { try Payload.text(from: full + " ") }
    }

    @Test("What blanks would make too long for an argument stays as it was sent")
    func dense() throws {
        let dense = "[" + String(repeating: "1,", count: 50_000) + "1]"
        #expect(try Payload.text(from: dense) == dense)
        let loose = "[" + String(repeating: "1,", count: 100) + "1]"
        #expect(try Payload.text(from: loose) == loose.replacing(",", with: ", "))
    }

    @Test("What is no JSON is no payload")
    func broken() {
        #expect(throws: PayloadError.self) { try Payload.text(from: "category=tv") }
    }
}
