/// Random numbers that are the same for the same seed (SplitMix64, Steele et al., OOPSLA 2014). They are no secrets.
public struct RepeatableGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// The numbers of a seed.
    public init(seed: UInt64) {
        state = seed
    }

    public mutating func next() -> UInt64 {
        defer { state &+= 0x9e37_79b9_7f4a_7c15 }
        return RepeatableGenerator.mix(state)
    }

    /// Spreads a number over all 64 bits, one to one.
    static func mix(_ number: UInt64) -> UInt64 {
        var z = number &+ 0x9e37_79b9_7f4a_7c15
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
