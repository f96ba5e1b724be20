import LinuxSystem
import SpoolModel
import Testing

@Suite("Archives as people have them", .fewAtATime)
struct ArchiveShapeTests {
    /// Ways to pack the example project: a shell script for its directory, which makes the archive `$1` and names no
    /// directory after the project.
    static let shapes = [
        ("a forge's download", "cp -r . $2/repo-main && tar -C $2 -czf $1 repo-main"),
        ("an sdist, whose directory has a version", "cp -r . $2/bookshop-1.0 && tar -C $2 -czf $1 bookshop-1.0"),
        ("packed inside of the project by tar", "tar -czf $1 ."),
        ("packed inside of the project by zip", "zip -qr $1 ."),
        ("git archive without a prefix", "tar -cf $1 *"),
    ]

    @Test("The project is found and runs, whatever its directory is called", arguments: shapes)
    func shape(_ shape: (name: String, script: String)) async throws {
        try await Folder.with { folder in
            let archive = "\(folder.path)/archive"
            let place = folder.fresh("packing")
            try File.makeDirectory(place)
            let child = try folder.start(
                ["sh", "-c", shape.script, "sh", archive, place], in: "\(Place.repository)/tools/example/bookshop")
            try #require(try await child.wait().exit == 0, "\(child.said)")
            // zip adds its suffix to a name that has none.
            let file = File.exists(archive) ? archive : "\(archive).zip"
            let server = try await Server(in: folder)
            let answer = try await server.push(file)
            #expect(answer["name"] == .string("bookshop"))
            #expect(answer["spiders"]?.texts == ["authors", "books"])
            let site = try await Site(in: folder)
            let id = try await server.schedule("bookshop/books", payload: site.payload(limit: 3))
            #expect(try await server.ended(id).state == .successful, "\(server.log(of: id))")
            let items = try File.text(server.directory(of: id) + "/work/items.jsonl").split(separator: "\n")
            #expect(items.count == 3)
            let check = try folder.start([try Place.server(), "check", server.spool])
            #expect(try await check.wait().exit == 0, "\(check.said)")
        }
    }

    /// What is built of a project: a shell script for its directory, which makes the archive `$1` by way of the directory `$2`.
    static let builds = [
        ("an egg", "mkdir $2/EGG-INFO && touch $2/EGG-INFO/PKG-INFO && cp -r bookshop $2 && (cd $2 && zip -qr $1 .)"),
        ("an egg", "mkdir -p $2/a.egg/EGG-INFO && touch $2/a.egg/EGG-INFO/PKG-INFO && tar -C $2 -cf $1 a.egg"),
        ("a wheel", "mkdir $2/bookshop-1.0.dist-info && cp -r bookshop $2 && tar -C $2 -czf $1 ."),
    ]

    @Test("What was built of a project is called by its name, and what to push instead is taken", arguments: builds)
    func build(_ build: (kind: String, script: String)) async throws {
        try await Folder.with { folder in
            let archive = "\(folder.path)/archive.egg"
            let place = folder.fresh("packing")
            try File.makeDirectory(place)
            let project = "\(folder.path)/bookshop"
            try await folder.run("cp", "-r", "\(Place.repository)/tools/example/bookshop", project)
            let child = try folder.start(["sh", "-ec", build.script, "sh", archive, place], in: project)
            try #require(try await child.wait().exit == 0, "\(child.said)")
            let server = try await Server(in: folder)
            let answer = try await server.curl("push-project.json", "-F", "archive=@\(archive)")
            let message = try #require(answer.message)
            #expect(answer.status == 400)
            #expect(message.hasPrefix("No project found in the archive: it is \(build.kind), "), "\(message)")
            // Both commands of the message, as a person types them.
            let commands = message.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 }.map { String($0.element) }
            #expect(commands.count == 2, "\(message)")
            for command in commands {
                let typed = try folder.start(
                    ["sh", "-ec", command], in: project,
                    environment: Host.environment().filter { !$0.hasPrefix("PATH=") } + [
                        "SCRAPY_SPOOL_URL=\(server.url(""))",
                        "PATH=\(Place.programs):\(Host.environment("PATH") ?? "/usr/bin:/bin")",
                    ])
                #expect(try await typed.wait().exit == 0, "\(command): \(typed.said)")
            }
            #expect(try await server.push("\(project)/project.zip")["name"] == .string("bookshop"))
            // As scrapyd-client names the field.
            let field = try await server.curl("push-project.json", "-F", "egg=@\(archive)", "-F", "project=bookshop")
            #expect(field.status == 400 && field.message?.hasPrefix("Missing argument \"archive\"") == true)
            #expect(try field.json["warnings"]?.texts.count == 2, "\(field.text)")
        }
    }

    @Test(
        "The name of an archive in place of the archive is answered with what to send, which is taken",
        arguments: [
            (["-F", "archive={}"], "shop.zip"), (["-F", "archive=\"{}\""], "my shop; the 2nd, 'new'.zip"),
            (["-d", "archive={}"], "shop.zip"), (["-d", "archive=@{}"], "shop.zip"),
            (["--data-urlencode", "archive={}"], "./żółw & co.zip"), (["--form-string", "archive=@{}"], "shop.zip"),
        ])
    func name(options: [String], name: String) async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            let file = "\(folder.path)/\(name)"
            try await folder.run("mv", try await standIn.archive("shop"), file)
            let answer = try await server.curl(
                "push-project.json", options: options.map { $0.replacing("{}", with: name) })
            let message = try #require(answer.message, "\(answer.text)")
            #expect(answer.status == 400 && message.hasPrefix("Not a valid zip archive: the field \"archive\" holds"))
            #expect(message.contains("archive=@"), "\(message)")
            let advice = try #require(message.split(separator: "`").first { $0.hasPrefix("-F ") }, "\(message)")
            let typed = try await folder.shell(
                "cd '\(folder.path)' && curl -sS \(server.url("push-project.json")) \(advice)")
            #expect(try JSON(parsing: typed)["name"] == .string("shop"), "\(message): \(typed)")
        }
    }

    @Test("An archive that is empty, or is a file with some text in it, is not taken for a name")
    func text() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try File.write("shop.zip", to: "\(folder.path)/text")
            let file = try await server.curl("push-project.json", "-F", "archive=@\(folder.path)/text")
            #expect(file.message?.contains("it is no zip, and no tar") == true, "\(file.text)")
            let lines = try await server.curl("push-project.json", "--form-string", "archive=a\nb\n")
            #expect(lines.message?.contains("it is no zip, and no tar") == true, "\(lines.text)")
            let empty = try await server.curl("push-project.json", "-F", "archive=")
            #expect(empty.message?.contains("the field \"archive\" is empty") == true, "\(empty.text)")
        }
    }
}
