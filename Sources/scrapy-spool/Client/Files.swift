internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel

/// Lists the files of a job, and gets them.
struct Files: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the files that a job wrote, and get one of them or all.",
        discussion: """
            Prints a line for each file, its path and its size in bytes; in a pipe with a tab between them, and \\n, \\t, \\r and \\\\ for \
            these characters of a path. With a path as it is listed it prints that file instead.

            --archive saves all files and both logs in one archive: a .tar.gz if the name ends with .tar.gz or .tgz, otherwise a zip. \
            An archive that did not arrive as a whole is not saved. What the server could not read is named in left-out.txt, in the archive.

            Examples:
              scrapy-spool files 019abc12-7d6e-7f1a-8c55-0b1c2d3e4f50
              scrapy-spool files 019abc12-7d6e-7f1a-8c55-0b1c2d3e4f50 books.jsonl | head
              scrapy-spool files 019abc12-7d6e-7f1a-8c55-0b1c2d3e4f50 --archive books.zip

            \(ClientOptions.discussion)
            """)

    @Argument(help: "The id of the job.")
    var id: String

    @Argument(help: "The path of a file, as it is listed: prints it.")
    var path: String?

    @Option(
        help: ArgumentHelp("Save all files and logs in this archive; - is standard output.", valueName: "file"),
        completion: .file(extensions: ["zip", "gz", "tgz"]))
    var archive: String?

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if path != nil, archive != nil { throw ValidationError("Give the path of a file or --archive, not both.") }
        if output.json, path != nil || archive != nil { throw ValidationError("--json is for the list of files.") }
    }

    func run() async throws {
        try await Session.run(client, json: output.json) { session in
            if let path {
                try await show(path, by: session.connection)
            } else if let archive {
                try await save(archive, by: session.connection)
            } else {
                let answer = try await session.connection.get("list-files.json", [("id", id)])
                let files = answer.json["files"]?.elements ?? []
                let rows = files.map { [$0["path"]?.text ?? "", $0["size"]?.cell ?? ""] }
                try session.show(answer, Table(["path", "size"], rows))
                if answer.json["more"] == .bool(true), !output.json {
                    Terminal.say("there are more files than these: --archive FILE gets all of them")
                }
            }
        }
    }

    /// Prints a file. In a pipe a path is listed with escapes, and a backslash as two.
    private func show(_ path: String, by connection: Connection) async throws {
        for listed in [Table.cell(ofPlain: path), path].compactMap({ $0 }) {
            do {
                let fields = [("id", id), ("path", listed)]
                return try await connection.download("get-file", fields) { try Terminal.put($0) }
            } catch let error as ClientError where error.status == 404 && listed != path {
                // Then it is no escape.
            }
        }
    }

    private func save(_ name: String, by connection: Connection) async throws {
        let isTar = name.hasSuffix(".tar.gz") || name.hasSuffix(".tgz")
        let fields = [("id", id), ("format", isTar ? "tar.gz" : "zip")]
        if name == "-" {
            try await connection.download("get-archive", fields) { try Terminal.put($0) }
        } else {
            let file = try PartialFile(at: name)
            try await connection.download("get-archive", fields) { try file.write($0) }
            try file.complete()
        }
    }
}
