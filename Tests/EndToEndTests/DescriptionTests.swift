import LinuxSystem
import SpoolModel
import Testing

@Suite("The description of the API, and the server", .fewAtATime)
struct DescriptionTests {
    @Test("Whatever schemathesis makes of the description, the server does as it says")
    func conform() async throws {
        try await Folder.with { folder in
            let python = "\(Place.repository)/.venv-schemathesis/bin/python"
            guard File.isProgram(python) else { throw Failure("there is no \(python): run tools/setup --test") }
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/echo")
            _ = try await server.ended(id)
            let child = try folder.start(
                [
                    python, "-B", "\(Place.repository)/Tests/API/conform.py", server.url(""), folder.path,
                    id.description,
                ])
            let end = try await child.wait(within: .seconds(900))
            let report = try File.text(child.out)
            #expect(end.exit == 0, "\(report)\(child.said)")
        }
    }

    @Test("It is served as it stands in the sources, and known again by its tag")
    func served() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            let answer = try await server.curl("openapi.json")
            #expect(answer.body == (try File.bytes("\(Place.repository)/Sources/CPage/api/openapi.json")))
            #expect(answer[field: "content-type"] == "application/json")
            let tag = try #require(answer[field: "etag"])
            #expect(try await server.curl("openapi.json", "-H", "If-None-Match: \(tag)").status == 304)
        }
    }
}
