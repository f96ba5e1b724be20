import LinuxSystem
import SpoolHTTP
import SpoolModel
import Testing

@Suite("The description of the API")
struct OpenAPITests {
    @Test("It has the paths of the server, each with its method, and no others")
    func paths() throws {
        let repository = #filePath.dropLast("/Tests/SpoolHTTPTests/OpenAPITests.swift".count)
        let file = try Descriptor(reading: "\(repository)/Sources/CPage/api/openapi.json")
        let description = try JSON(parsing: try file.readStream(limit: 1 << 20))
        guard case .object(let members) = description["paths"] else {
            Issue.record("there are no paths")
            return
        }
        let described = Dictionary(
            uniqueKeysWithValues: members.map { path -> (String, Bool?) in
                switch (path.value["get"], path.value["post"]) {
                case (.some, nil): (path.name, false)
                case (nil, .some): (path.name, true)
                default: (path.name, nil)
                }
            })
        #expect(described == Endpoint.paths.mapValues(Optional.some))
    }
}
