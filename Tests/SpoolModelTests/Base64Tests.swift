import SpoolModel
import Testing

@Suite("Base64")
struct Base64Tests {
    @Test(
        "The test vectors of RFC 4648 §10 are read as they are written",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func vectors(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded[...]) == Array(plain.utf8))
        #expect(Base64.decode(encoded.prefix { $0 != "=" }) == Array(plain.utf8))
    }

    @Test("Each digit has its value")
    func digits() {
        let bytes = (0..<64).map { UInt8($0 * 4) }
        for byte in bytes { #expect(Base64.decode(Base64.encode([byte])[...]) == [byte]) }
        #expect(Base64.encode([0xfb, 0xff]) == "+/8=")
    }

    @Test("Anything else is no Base64", arguments: ["A", "AAAAA", "Zm9v!", "Zg===", "Zm9v\n", "Zm 9v", "-_8=", "żżżż"])
    func other(text: String) {
        #expect(Base64.decode(text[...]) == nil)
    }
}
