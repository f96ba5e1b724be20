extension Span<UInt8> {
    /// The index of the first carriage return at `start` or after it; nil if there is none.
    ///
    /// Eight bytes at a step: `(x - 1) & ~x` has the top bit of the lowest zero byte of x set, and none below it.
    func firstCarriageReturn(from start: Int) -> Int? {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var index = start
        while count - index >= 8 {
            let word = bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            let difference = UInt64(littleEndian: word) ^ (ones &* 0x0D)
            let zeros = (difference &- ones) & ~difference & (ones &* 0x80)
            if zeros != 0 { return index + zeros.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < count {
            if self[index] == 0x0D { return index }
            index += 1
        }
        return nil
    }
}
