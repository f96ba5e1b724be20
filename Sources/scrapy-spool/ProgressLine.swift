internal import Glibc
internal import LinuxSystem

/// A progress bar on standard error if that is a terminal; otherwise nothing.
final class ProgressLine {
    private static let width = 30
    /// The least microseconds between two drawings.
    private static let interval: Int64 = 100_000

    private let label: String
    private let isShown = isatty(STDERR_FILENO) == 1
    private var drawn: Int64 = 0

    init(label: String) {
        self.label = label
    }

    /// Draws the progress, unless it was drawn less than the interval ago.
    func show(_ done: Int, of total: Int) {
        guard isShown, total > 0 else { return }
        let now = SystemClock.monotonic()
        guard now - drawn >= ProgressLine.interval else { return }
        drawn = now
        let share = min(1, Double(done) / Double(total))
        let filled = Int(share * Double(ProgressLine.width))
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: ProgressLine.width - filled)
        put("\r\(label) [\(bar)] \(done) of \(total)")
    }

    /// Erases the bar.
    func clear() {
        // Erase in line (ECMA-48, 8.3.41).
        if drawn > 0 { put("\r\u{1b}[K") }
    }

    private func put(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}
