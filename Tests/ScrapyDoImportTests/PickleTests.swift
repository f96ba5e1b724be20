import ScrapyDoImport
import Testing

@Suite("Pickles that hold data")
struct PickleTests {
    static let base = """
        {"none": None, "bools": [True, False], "numbers": (0, 255, 65535, -1, 2147483648, -9223372036854775808, \
        9223372036854775807), "float": -1.5, "text": "żółw \u{1f422}\n\\ é", \
        "nested": [[], {}, (), (1), (1, 2), (1, 2, 3)], "long": "\(String(repeating: "x", count: 300))", \
        "shared": [["shared"], ["shared"]]
        """

    @Test("What Python wrote is read, in every protocol", arguments: Vectors.all)
    func vector(_ version: Int, _ bytes: [UInt8]) throws {
        var expected = PickleTests.base
        if version >= 3 { expected += ", \"bytes\": b[0, 255]" }
        if version >= 4 { expected += ", \"set\": {1}, \"frozen\": {2}" }
        if version >= 5 { expected += ", \"array\": b[97, 98]" }
        let pickle = try PickleReader.read(bytes)
        #expect(pickle.text(of: pickle.root) == expected + "}")
    }

    @Test("No beginning of a pickle is one", arguments: Vectors.all)
    func truncated(_ version: Int, _ bytes: [UInt8]) {
        for count in 0..<bytes.count {
            #expect(throws: PickleError.self) { try PickleReader.read(Array(bytes[..<count])) }
        }
    }

    @Test(
        "Single instructions",
        arguments: [
            ("I01\n.", "True"), ("I00\n.", "False"), ("I-7\n.", "-7"), ("L12L\n.", "12"), ("F2.5\n.", "2.5"),
            ("S'a\\x41\\n\\'\"'\n.", "\"aA\n'\"\""), ("S\"it's\"\n.", "\"it's\""), ("Vz\\u0142\n.", "\"zł\""),
            ("Vz\\U0001f422\n.", "\"z\u{1f422}\""), ("V\\ud800 \\u12\n.", "\"\u{fffd} \\u12\""), ("N0I1\n.", "1"),
            ("(I1\nI2\nl.", "[1, 2]"), ("(I1\nI2\nd.", "{1: 2}"), ("(N1I3\n.", "3"), ("I4\n2\u{86}.", "(4, 4)"),
            ("I5\np7\n0g7\n.", "5"), ("(0N.", "None"), ("\u{8a}\u{0}.", "0"),
            ("\u{8a}\u{2}\u{ff}\u{ff}.", "-1"), ("\u{8a}\u{2}\u{ff}\u{0}.", "255"), ("U\u{1}a.", "\"a\""),
            ("U\u{1}\u{ff}.", "b[255]"), ("N.what follows", "None"),
        ])
    func single(_ pickle: String, _ expected: String) throws {
        let read = try PickleReader.read(pickle.latin1)
        #expect(read.text(of: read.root) == expected)
    }

    @Test("A list that holds itself is no trouble")
    func selfContaining() throws {
        let pickle = try PickleReader.read("]\u{94}h\u{0}a.".latin1)
        guard case .list(let elements) = pickle.root else { throw Mistake() }
        #expect(elements.count == 1 && pickle[elements[0]] == pickle.root)
    }

    @Test("A class that is listed becomes a record")
    func record() throws {
        let bytes = "\u{80}\u{2}cshop\nItem\n)\u{81}.".latin1
        let pickle = try PickleReader.read(bytes, types: ["shop.Item"])
        #expect(pickle.root == .record(type: "shop.Item", arguments: []))
        #expect(throws: PickleError.self) { try PickleReader.read(bytes, types: ["shop.Other"]) }
    }
}

/// A test's own expectation failed in a way that ends it.
struct Mistake: Error {}

extension String {
    /// One byte for each scalar, which is below 256.
    var latin1: [UInt8] { unicodeScalars.map { UInt8($0.value) } }
}
