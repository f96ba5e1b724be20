/// libFuzzer's own mutations, after which checksums and places of an archive are put right: otherwise hardly any
/// mutation would get past them.
@_silgen_name("LLVMFuzzerMutate")
private func mutate(_ data: UnsafeMutablePointer<UInt8>, _ count: Int, _ room: Int) -> Int

@_cdecl("LLVMFuzzerCustomMutator")
public func mutateArchive(_ data: UnsafeMutablePointer<UInt8>, _ count: Int, _ room: Int, _ seed: UInt32) -> Int {
    let size = mutate(data, count, room)
    // Some are left as they are: wrong checksums are to be tried too.
    guard seed % 8 != 0 else { return size }
    let bytes = UnsafeMutableBufferPointer(start: data, count: size)
    if bytes.starts(with: [0x50, 0x4b]) { mendZip(bytes) } else { mendTar(bytes) }
    return size
}

/// Puts the sum of its bytes into each block that is the header of an entry (ustar).
private func mendTar(_ bytes: UnsafeMutableBufferPointer<UInt8>) {
    for start in stride(from: 0, to: bytes.count - 511, by: 512) where bytes[(start + 257)...].starts(with: "ustar".utf8) {
        for place in 148..<156 { bytes[start + place] = 32 }
        let sum = bytes[start..<start + 512].reduce(0) { $0 + Int($1) }
        for (index, digit) in String(sum + 0o1_000_000, radix: 8).utf8.dropFirst().enumerated() {
            bytes[start + 148 + index] = digit
        }
        bytes[start + 154] = 0
    }
}

/// Puts into the records of a zip's directory and into its end where things are, how many, their names and checksums.
private func mendZip(_ bytes: UnsafeMutableBufferPointer<UInt8>) {
    func places(_ mark: [UInt8]) -> [Int] {
        bytes.count < 4 ? [] : (0...bytes.count - 4).filter { bytes[$0...].starts(with: mark) }
    }
    func number(_ place: Int, _ size: Int) -> Int {
        place + size > bytes.count ? 0 : (0..<size).reduce(0) { $0 | Int(bytes[place + $1]) << ($1 * 8) }
    }
    func put(_ number: Int, _ size: Int, at place: Int) {
        guard place + size <= bytes.count else { return }
        for index in 0..<size { bytes[place + index] = UInt8(truncatingIfNeeded: number >> (index * 8)) }
    }
    let (locals, records) = (places([0x50, 0x4b, 3, 4]), places([0x50, 0x4b, 1, 2]))
    guard let end = places([0x50, 0x4b, 5, 6]).last, let first = records.first, first < end else { return }
    for (local, record) in zip(locals, records) {
        put(local, 4, at: record + 42)
        let name = number(local + 26, 2)
        if name == number(record + 28, 2), local + 30 + name <= bytes.count, record + 46 + name <= bytes.count {
            for index in 0..<name { bytes[record + 46 + index] = bytes[local + 30 + index] }
        }
        let start = local + 30 + name + number(local + 28, 2)
        let size = number(local + 18, 4)
        guard number(local + 8, 2) == 0, start + size <= bytes.count else { continue }
        let checksum = Int(crc(bytes[start..<start + size]))
        put(checksum, 4, at: local + 14)
        put(checksum, 4, at: record + 16)
    }
    put(records.count, 2, at: end + 8)
    put(records.count, 2, at: end + 10)
    put(end - first, 4, at: end + 12)
    put(first, 4, at: end + 16)
    put(bytes.count - end - 22, 2, at: end + 20)
}

private func crc(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { crc, byte in
        (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? 0xedb8_8320 : 0) }
    }
}
