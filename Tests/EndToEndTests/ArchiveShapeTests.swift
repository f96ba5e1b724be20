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
}
