import LinuxSystem

/// A stand-in for Scrapy, for tests with more jobs than there is time for Scrapy itself: a shell script whose spiders do one
/// thing each. `fast` and `fail` end at once, with 0 and 3, `slow` runs until it is stopped, `sh` runs its payload, a
/// string, as a script. Its list goes to the server as Scrapy's does.
struct StandIn {
    /// The program.
    let scrapy: String
    private let folder: Folder

    /// Makes the program.
    init(in folder: Folder) async throws {
        self.folder = folder
        scrapy = "\(folder.path)/stand-in"
        try File.write(
            """
            #!/bin/sh
            case "$1" in
            list)
                names=
                while read -r name; do
                    [ -z "$name" ] || names="$names${names:+, }\\"$name\\""
                done < spiders.txt
                echo "{\\"spiders\\": [$names], \\"warnings\\": []}" > "${PYTHONPATH%%:*}/answer";;
            crawl)
                payload=
                [ "$3" = -a ] && payload=${4#payload=}
                case "$2" in
                fast) echo out; echo err >&2;;
                fail) exit 3;;
                slow) exec sleep 600;;
                sh) payload=${payload#\\"}; eval "${payload%\\"}";;
                *) exit 4;;
                esac;;
            esac

            """, to: scrapy)
        try await folder.shell("chmod 755 '\(scrapy)'")
    }

    /// The archive of a project.
    ///
    /// - Parameter sections: what its `scrapy.cfg` has besides.
    func archive(
        _ project: String, _ spiders: [String] = ["fail", "fast", "sh", "slow"], sections: String = ""
    ) async throws -> String {
        let place = folder.fresh("project")
        try File.makeDirectory("\(place)/\(project)/\(project)")
        try File.write(
            "[settings]\ndefault = \(project).settings\n[deploy]\nproject = \(project)\n\(sections)",
            to: "\(place)/\(project)/scrapy.cfg")
        try File.write("", to: "\(place)/\(project)/\(project)/__init__.py")
        try File.write("BOT_NAME = '\(project)'\n", to: "\(place)/\(project)/\(project)/settings.py")
        try File.write(spiders.joined(separator: "\n") + "\n", to: "\(place)/\(project)/spiders.txt")
        try await folder.run("zip", "-q", "-r", "\(place)/\(project).zip", project, in: place)
        return "\(place)/\(project).zip"
    }

    /// Starts a server that runs the stand-in.
    func server(_ flags: String...) async throws -> Server {
        try await Server(in: folder, flags: ["--scrapy", scrapy] + flags)
    }
}
