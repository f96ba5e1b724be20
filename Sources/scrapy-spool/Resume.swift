internal import ArgumentParser
internal import SpoolStore

/// Releases a held tree, one that was copied or restored.
struct Resume: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Release a spool that is a copy or was restored.",
        discussion: """
            A server on a copy of a spool starts no job, because the pending jobs of an old copy may have run long ago. Look \
            at `ls SPOOL/active`, cancel the jobs that must not run again, then release the spool: a server that is \
            running on it starts the others at once.
            """)

    @Argument(help: "The root of the spool tree.")
    var spool: String

    func run() throws {
        do throws(SpoolError) {
            let (spool, _) = try Spool.open(spool, requiringSpool: true)
            guard try spool.identity() != .original else {
                print("\(spool.path) is not held: it is no copy, or was released before.")
                return
            }
            try spool.release()
            print("\(spool.path) is released: its pending and scheduled jobs are started from now on.")
        } catch {
            throw refusal("\(error)", error.code == .notSpool ? ExitStatus.configuration : .failure)
        }
    }
}
