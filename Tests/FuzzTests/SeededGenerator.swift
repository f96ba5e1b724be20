/// SplitMix64, whose numbers come from an input: the same input is tried in the same way each time.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    /// Numbers that the bytes decide (their FNV-1a hash).
    init(of bytes: [UInt8]) {
        state = bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
