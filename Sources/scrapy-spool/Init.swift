internal import ArgumentParser
internal import Glibc
internal import SpoolStore

/// Creates a spool, for a server that requires an existing one.
struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a new spool.",
        discussion: """
            The directory must be absent or empty; an existing spool is left unchanged. `serve` makes its spool \
            itself unless it requires one, as a service does: an empty directory may be a filesystem that is \
            not mounted. Run this once, as the user of the server.

            Example: scrapy-spool init /var/spool/scrapy-spool

            Exit status: 0 there is a spool now; 1 it could not be made; 78 the directory is something else.
            """)

    @Argument(help: "The root of the spool tree.")
    var spool: String

    func run() throws {
        // The spool's content is private to its owner.
        umask(0o077)
        do throws(SpoolError) {
            let (spool, finding) = try Spool.open(spool)
            switch finding {
            case .made: print("Made a new spool at \(spool.path)")
            case .present: print("\(spool.path) is a spool already")
            }
        } catch {
            throw refusal("\(error)", error.code == .notSpool ? ExitStatus.configuration : .failure)
        }
    }
}
