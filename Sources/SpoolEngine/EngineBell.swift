internal import LinuxSystem
internal import Synchronization

/// Tells the engine's thread to stop.
final class EngineBell: Sendable {
    let bell: Bell
    private let stopped = Atomic(false)

    init() throws(SystemError) {
        bell = try Bell()
    }

    var isStopped: Bool { stopped.load(ordering: .acquiring) }

    func stop() {
        stopped.store(true, ordering: .releasing)
        bell.ring()
    }
}
