internal import Glibc
internal import LinuxSystem
internal import SpoolStore

/// The pipe by which the engine holds a start.
struct StartPipe: ~Copyable {
    /// The number of the descriptor under which the shim inherits it.
    static let number: Int32 = 4

    private let descriptor = Descriptor(owning: StartPipe.number)

    /// Waits for the next signal; nil if the engine gives up the start, or is gone.
    func next() -> StartSignal? {
        var byte: UInt8 = 0
        while true {
            let count = read(descriptor.number, &byte, 1)
            if count == 1 { return StartSignal(rawValue: byte) }
            guard count < 0, errno == EINTR else { return nil }
        }
    }
}
