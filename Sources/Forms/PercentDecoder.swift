/// Turns `+` into a space and %XX into a byte (WHATWG URL section 5.1), in chunks of any size.
///
/// An invalid escape, `%zz` or a `%` near the end, is kept unchanged.
struct PercentDecoder: Sendable {
    /// Why `decode` returned.
    enum Stop {
        /// All bytes are read; the beginning of an escape may be held back.
        case end
        /// The output has no room for the next bytes.
        case full
        /// `&` or `;` was read.
        case separator
        /// `=` was read.
        case equals
    }

    /// The bytes of an escape that have been read while the rest has not come.
    private enum Held {
        case nothing
        case percent
        case digit(UInt8)
    }

    /// The least room that `decode` needs to make progress: a held escape can turn out to be two bytes.
    static let room = 2

    private var held = Held.nothing

    /// Decodes `input` from `position` on into `output` from `written` on until it has to stop, and advances both.
    ///
    /// It stops at `=` only if `stoppingAtEquals`.
    mutating func decode(
        _ input: Span<UInt8>, _ position: inout Int, into output: inout [UInt8], _ written: inout Int,
        stoppingAtEquals: Bool
    ) -> Stop {
        while position < input.count {
            if case .nothing = held {
                let stop = run(input, &position, &output, &written, stoppingAtEquals)
                if let stop { return stop }
            } else {
                guard output.count - written >= Self.room else { return .full }
                resolve(input[position], &position, &output, &written)
            }
        }
        return .end
    }

    /// At the end of the input, writes a held incomplete escape unchanged. `output` needs `room`.
    mutating func flush(into output: inout [UInt8], _ written: inout Int) {
        switch held {
        case .nothing:
            return
        case .percent:
            output[written] = UInt8(ascii: "%")
            written += 1
        case .digit(let digit):
            output[written] = UInt8(ascii: "%")
            output[written + 1] = digit
            written += 2
        }
        held = .nothing
    }

    /// Continues an escape that an earlier chunk began. A byte that does not belong to it is not consumed.
    private mutating func resolve(
        _ byte: UInt8, _ position: inout Int, _ output: inout [UInt8], _ written: inout Int
    ) {
        let value = ByteTables.hexadecimal[Int(byte)]
        switch held {
        case .percent where value < 16:
            held = .digit(byte)
            position += 1
        case .digit(let digit) where value < 16:
            output[written] = ByteTables.hexadecimal[Int(digit)] << 4 | value
            written += 1
            held = .nothing
            position += 1
        default:
            flush(into: &output, &written)
        }
    }

    /// The fast path, with nothing held: nil at the end of the input, or when it cuts an escape.
    private mutating func run(
        _ input: Span<UInt8>, _ position: inout Int, _ room: inout [UInt8], _ written: inout Int,
        _ stoppingAtEquals: Bool
    ) -> Stop? {
        let kinds = ByteTables.kinds
        let hexadecimal = ByteTables.hexadecimal
        var output = room.mutableSpan
        // Local copies stay in registers.
        var read = position
        var write = written
        defer {
            position = read
            written = write
        }
        while read < input.count {
            guard write < output.count else { return .full }
            let byte = input[read]
            switch kinds[Int(byte)] {
            case ByteTables.plain:
                output[write] = byte
            case ByteTables.percent:
                guard input.count - read > 2 else {
                    held = .percent
                    read += 1
                    return nil
                }
                let high = hexadecimal[Int(input[read + 1])]
                let low = hexadecimal[Int(input[read + 2])]
                // A branch: if it is predicted right, the next read does not wait for the table lookups.
                if high | low < 16 {
                    output[write] = high << 4 | low
                    read += 2
                } else {
                    output[write] = byte
                }
            case ByteTables.plus:
                output[write] = UInt8(ascii: " ")
            case ByteTables.separator:
                read += 1
                return .separator
            default:
                if stoppingAtEquals {
                    read += 1
                    return .equals
                }
                output[write] = byte
            }
            read += 1
            write += 1
        }
        return nil
    }
}
