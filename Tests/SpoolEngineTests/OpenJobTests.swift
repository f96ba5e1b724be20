import LinuxSystem
import SpoolEngine
import SpoolModel
import SpoolStore
import Synchronization
import TestSpool
import Testing

@Suite("The directory of a job")
struct OpenJobTests {
    /// Which job is looked for now.
    private final class Turn: Sendable {
        let index = Atomic(-1)
        let failure = Mutex<(any Error)?>(nil)
    }

    @Test("A job that is published while it is looked for is opened, or not there yet, and never missing")
    func published() throws {
        let temporary = try TemporarySpool()
        let spool = temporary.spool
        let ids = (0..<2_000).map { _ in temporary.job().id }
        for day in Set(ids.map(\.day)) { try spool.root.makeDirectory("jobs/\(day)") }
        let turn = Turn()
        // The mark of a job is made before its directory is moved into place: this is that move alone, as close as
        // possible to the look.
        try startThread(named: "publisher") {
            do {
                for (index, id) in ids.enumerated() {
                    try spool.root.makeDirectory("tmp/\(id)")
                    while turn.index.load(ordering: .acquiring) < index {}
                    try spool.root.rename("tmp/\(id)", to: "jobs/\(id.day)/\(id)")
                }
            } catch {
                turn.failure.withLock { $0 = error }
            }
        }
        for (index, id) in ids.enumerated() {
            turn.index.store(index, ordering: .releasing)
            while try OpenJob.ifPresent(id, in: spool) == nil {
                try turn.failure.withLock { if let error = $0 { throw error } }
            }
        }
    }
}
