import ScrapyDoImport
import Testing

@Suite("Pickles that nobody should read")
struct HostilePickleTests {
    @Test(
        "Nothing is called, loaded or built",
        arguments: [
            "cos\nsystem\n(S'touch harm'\ntR.", "\u{80}\u{4}\u{8c}\u{2}os\u{8c}\u{6}system\u{93}.",
            "(S'touch harm'\nios\nsystem\n.", "(cos\nsystem\nS'touch harm'\no.", "cbuiltins\neval\n.",
            "cscrapy_do.controller\nProject\n(S'x'\ntR.", "cscrapy_do.controller\nProject\n)\u{81}}b.",
            "cscrapy_do.controller\nProject\n)}\u{92}.", "Pother\n.", "NQ.", "\u{82}\u{1}.", "\u{83}\u{1}\u{0}.",
            "\u{84}\u{1}\u{0}\u{0}\u{0}.", "\u{97}.", "N\u{98}.", "N)\u{81}.", "]N\u{81}.",
            "cscrapy_do.controller\nProject\n]\u{81}.", "\u{80}\u{4}N\u{8c}\u{1}x\u{93}.",
        ])
    func refused(_ pickle: String) {
        #expect(throws: PickleError.self) {
            try PickleReader.read(pickle.latin1, types: ["scrapy_do.controller.Project"])
        }
    }

    @Test(
        "Nonsense is refused",
        arguments: [
            "", ".", "0.", "1.", "2.", "a.", "Na.", "]a.", "}Ns.", "NNs.", "}(Nu.", "(Nd.", "]]a", "t.", "(NNu.",
            "\u{85}.", "N\u{86}.", "\u{94}.", "h\u{0}.", "g1\n.", "g-1\n.", "p\n.", "Np99999999999999999999\n.",
            "\u{80}\u{6}N.", "\u{ff}.", "Ix\n.", "I9223372036854775808\n.", "L1e5L\n.", "Fx\n.", "Sx\n.", "S'\n.",
            "S'\\q'\n.", "S'\\x4'\n.", "\u{8c}\u{1}\u{ff}.", "\u{8a}\u{9}123456789.", "N\u{90}.", "(.", "N(.",
            "\u{8b}\u{ff}\u{ff}\u{ff}\u{ff}.", "X\u{ff}\u{ff}\u{ff}\u{ff}.",
            "\u{8d}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}.",
            "\u{8e}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{80}.",
            "\u{95}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}N.",
        ])
    func nonsense(_ pickle: String) {
        #expect(throws: PickleError.self) { try PickleReader.read(pickle.latin1) }
    }

    @Test("A million levels, marks, copies and additions take no more than time")
    func large() throws {
        let count = 1_000_000
        func many(_ byte: String, _ count: Int) -> [UInt8] { [UInt8](repeating: byte.latin1[0], count: count) }
        _ = try PickleReader.read(many("]", count) + many("a", count - 1) + [0x2e])
        _ = try PickleReader.read(many("(", count) + many("1", count) + "N.".latin1)
        _ = try PickleReader.read(many("(", count) + "N".latin1 + many("t", count) + [0x2e])
        let one = try PickleReader.read("]".latin1 + [UInt8]((0..<count).flatMap { _ in "Na".latin1 }) + [0x2e])
        guard case .list(let elements) = one.root else { throw Mistake() }
        #expect(elements.count == count)
        // Each list is twice in the next one: 2 to the power of 100 elements, if they were counted.
        _ = try PickleReader.read("]".latin1 + [UInt8]((0..<100).flatMap { _ in "2\u{86}".latin1 }) + [0x2e])
    }

    @Test("Whatever is changed in a pickle, it is read or refused", arguments: Vectors.all)
    func mutated(_ version: Int, _ bytes: [UInt8]) {
        var generator = Numbers(state: UInt64(version))
        for _ in 0..<3000 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                changed[Int.random(in: 0..<changed.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            _ = try? PickleReader.read(changed)
        }
    }
}

/// The same numbers in every run (SplitMix64).
struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
