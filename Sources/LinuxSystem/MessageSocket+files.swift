internal import CLinux

extension MessageSocket {
    /// A message that came with descriptors.
    public struct Delivery: ~Copyable {
        /// Its text.
        public let text: String
        private var numbers: [Int32]

        fileprivate init(text: String, numbers: [Int32]) {
            self.text = text
            self.numbers = numbers
        }

        deinit {
            for number in numbers { _ = Descriptor(owning: number) }
        }

        /// Takes its next descriptor; nil if there is none.
        public mutating func take() -> Descriptor? {
            numbers.isEmpty ? nil : Descriptor(owning: numbers.removeFirst())
        }
    }

    /// Waits for the next message and takes its descriptors; nil at the end. Bytes beyond 256 are dropped.
    public func awaitDelivery() throws(SystemError) -> Delivery? {
        var numbers = [Int32](repeating: -1, count: MessageSocket.mostFiles)
        var count: Int32 = 0
        var bytes = [UInt8](repeating: 0, count: MessageSocket.limit)
        let size = try retrying("receive a message") {
            clinux_await_message(descriptor.number, &bytes, bytes.count, &numbers, &count)
        }
        guard size > 0 else { return nil }
        return Delivery(
            text: String(decoding: bytes.prefix(size), as: UTF8.self), numbers: Array(numbers.prefix(Int(count))))
    }
}
