internal import ArgumentParser
internal import LinuxSystem
internal import ProjectPacking
internal import SpoolClient
internal import SpoolModel
internal import Synchronization

/// Packs a project and pushes it.
struct Push: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Push the project in this directory to the server.",
        discussion: """
            The project is the directory with scrapy.cfg in it: this one, or one above it. The push has the files \
            that `[deploy] glob` of scrapy.cfg names, if it does; in a git repository those that git has or would add; \
            otherwise all but caches, builds and virtual environments. The server answers with the project's spiders. \
            When it cannot list them, its whole message is on standard error, and the version before stays. A push that would \
            remove all spiders is refused without --allow-empty. Warnings of the server are on standard error.

            Examples:
              scrapy-spool push
              scrapy-spool push --project-path ~/projects/bookshop

            \(ClientOptions.discussion)
            """)

    @Option(
        help: ArgumentHelp("The directory. (default: the current one)", valueName: "directory"),
        completion: .directory)
    var projectPath: String = "."

    @Flag(help: "Push it even if it has no spiders and its version before has some.")
    var allowEmpty = false

    @Flag(help: "Run it with the server's Scrapy, whatever packages it names.")
    var noEnvironment = false

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await Session.run(client, json: output.json) { session in
            let answer = try await Push.project(
                at: projectPath, mayBeEmpty: allowEmpty, usesServer: noEnvironment, by: session)
            let spiders = answer.texts("spiders")
            let name = answer.json["name"]?.text ?? ""
            Terminal.say(
                "Pushed \(name.printable()), which has \(spiders.count) spider\(spiders.count == 1 ? "" : "s").")
            if let environment = answer.json["environment"] {
                let words = ["packages", "input", "scrapy", "python"].map { environment[$0]?.cell ?? "" }
                Terminal.say("It has \(words[0]) packages by \(words[1]): Scrapy \(words[2]), Python \(words[3]).")
            }
            try session.show(answer, Table(["spider"], spiders.map { [$0] }))
        }
    }

    /// Packs the project of a directory and pushes it.
    static func project(
        at path: String, mayBeEmpty: Bool = false, usesServer: Bool = false, by session: Session
    ) async throws -> ServerReply {
        let folder: String
        do throws(SystemError) {
            folder = try Directory(path: path).absolutePath()
        } catch {
            throw ClientError(.usage, "\(error)")
        }
        let project = try PackedProject(ProjectFolder(at: folder), environment: Host.environment())
        let progress = PushProgress(project)
        defer { progress.clear() }
        return try await session.connection.push(
            archive: project.descriptor, size: project.size, mayBeEmpty: mayBeEmpty, usesServer: usesServer,
            progress: { progress.show($0) }, onAnswer: { progress.clear() })
    }
}

/// A bar on a terminal that shows how much of an archive was sent.
private final class PushProgress: Sendable {
    private let line: Mutex<ProgressLine>
    private let size: Int

    init(_ project: PackedProject) {
        size = project.size
        let files = project.count == 1 ? "1 file" : "\(project.count) files"
        line = Mutex(ProgressLine(label: "Pushing \(project.name.printable()), \(files), KiB"))
    }

    func show(_ sent: Int) {
        line.withLock { $0.show((sent + 1023) / 1024, of: (size + 1023) / 1024) }
    }

    func clear() {
        line.withLock { $0.clear() }
    }
}
