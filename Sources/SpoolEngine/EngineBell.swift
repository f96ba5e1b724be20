internal import LinuxSystem
internal import Synchronization

/// Wakes the engine's thread: to stop, to look at new settings, or to hear whether it is well.
final class EngineBell: Sendable {
    let bell: Bell
    private let stopped = Atomic(false)
    private let answers = Atomic(0)
    private let hasNewSettings = Atomic(false)

    init() throws(SystemError) {
        bell = try Bell()
    }

    var isStopped: Bool { stopped.load(ordering: .acquiring) }

    /// How often the engine's thread has heard the bell; 0 until it has opened the tree.
    var answerCount: Int { answers.load(ordering: .acquiring) }

    /// Notes that the engine's thread has heard the bell.
    func answer() {
        answers.add(1, ordering: .releasing)
    }

    func ring() {
        bell.ring()
    }

    /// Rings because there are new settings.
    func announceSettings() {
        hasNewSettings.store(true, ordering: .releasing)
        bell.ring()
    }

    /// Whether there are new settings since this was asked the last time.
    func takeNewSettings() -> Bool {
        hasNewSettings.exchange(false, ordering: .acquiringAndReleasing)
    }

    func stop() {
        stopped.store(true, ordering: .releasing)
        bell.ring()
    }
}
