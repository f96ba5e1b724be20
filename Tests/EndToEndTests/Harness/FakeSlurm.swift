import LinuxSystem
import SpoolModel

/// A Slurm of one node, played by the script in Tests/Fixtures/slurm.
struct FakeSlurm {
    /// The directory of its state, in which files make things go wrong.
    let state: String

    /// A Slurm for a test.
    init(in folder: Folder) throws {
        state = folder.fresh("slurm")
        try File.makeDirectory(state)
    }

    /// What a server finds it by.
    var environment: [String] {
        [
            "SLURM_CONF=\(state)",
            "PATH=\(Place.repository)/Tests/Fixtures/slurm:" + (Host.environment("PATH") ?? "/usr/bin:/bin"),
        ]
    }

    /// The lines of a configuration that sends jobs here; those that follow are of the section [slurm].
    ///
    /// - Parameter lostAfter: seconds without a sign of life after which a job is lost. A shim that gave none for half of
    ///   them gives up its job, so that they have to be many on a busy machine.
    static func configuration(lostAfter: Int) -> String {
        "[scrapy-do]\nexecutor = slurm\n[slurm]\nmemory = 100M\nlost-after = \(lostAfter)\nkill-wait = 5\n"
    }

    /// Makes something go wrong from now on.
    func set(_ fault: String) throws { try File.write("", to: "\(state)/\(fault)") }

    /// Ends that.
    func clear(_ fault: String) throws { try Directory(path: state).remove(fault) }

    /// How many jobs were submitted.
    var submissions: Int { File.names("\(state)/jobs").count }
}

extension Server {
    /// Starts a server that sends its jobs to a Slurm.
    convenience init(
        in folder: Folder, _ slurm: FakeSlurm, _ more: String = "", lostAfter: Int = 120, spool: String = "spool",
        flags: String...
    ) async throws {
        let file = folder.fresh("configuration")
        try File.write(FakeSlurm.configuration(lostAfter: lostAfter) + more, to: file)
        let own = slurm.environment
        // Of two variables of a name, the first is the one that counts.
        try await self.init(in: folder, spool: spool, flags: ["--config", file] + flags, environment: own)
    }
}
