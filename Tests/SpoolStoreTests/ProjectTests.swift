import LinuxSystem
import SpoolModel
import SpoolStore
import TestSpool
import Testing

@Suite("Projects in the tree")
struct ProjectTests {
    let temporary: TemporarySpool
    let name = ProjectName("shop")!

    init() throws {
        temporary = try TemporarySpool()
    }

    private func push(_ spiders: [String], at seconds: Int64) throws -> ProjectMetadata {
        var generator = SystemRandomNumberGenerator()
        let staging = try temporary.spool.stage(
            JobID(at: Timestamp(microseconds: Machine.wallClock()), using: &generator))
        try staging.archive.write([1, 2, 3])
        try staging.code.makeDirectory("shop")
        try staging.code.directory("shop").writeDurably("scrapy.cfg", [65])
        do {
            return try temporary.spool.publish(
                staging, name: name, directory: "shop", spiders: spiders.compactMap(SpiderName.init),
                sha256: "00", size: 3, at: Timestamp(seconds: seconds))
        } catch {
            temporary.spool.discard(staging)
            throw error
        }
    }

    @Test("A push publishes a version, the next one replaces it and keeps the time of the first")
    func versions() throws {
        #expect(try push(["a", "b"], at: 1).version == 1)
        let second = try push(["a"], at: 2)
        #expect(second.version == 2 && second.created == Timestamp(seconds: 1))
        #expect(try temporary.spool.project(name).file == second.file)
        #expect(try temporary.names("tmp").isEmpty)
        let file = "projects/shop/versions/2/code/shop/scrapy.cfg"
        #expect(try temporary.text(file) == "A")
        #expect(try temporary.permissions(file) & 0o222 == 0)
    }

    @Test("A push without a spider that has scheduled jobs is refused and changes nothing")
    func refusedPush() throws {
        let first = try push(["a", "b"], at: 1)
        try temporary.spool.create(temporary.job(.scheduled, spider: "b"))
        let error = #expect(throws: SpoolError.self) { _ = try push(["a"], at: 2) }
        #expect(error?.code == .refused)
        #expect(error?.description == "Spider b is going to be removed but has scheduled jobs")
        #expect(try temporary.spool.project(name).file == first.file)
        #expect(try temporary.names("tmp").isEmpty)
        #expect(try push(["b"], at: 3).version == 2)
    }

    @Test("A project with scheduled jobs is not removed, one without is gone")
    func remove() throws {
        _ = try push(["a"], at: 1)
        let job = temporary.job(.scheduled, spider: "a")
        try temporary.spool.create(job)
        let error = #expect(throws: SpoolError.self) { try temporary.spool.remove(name) }
        #expect(error?.description == "There are 1 scheduled spiders for project \"shop\"")
        var status = job.status
        status.state = .canceled
        try temporary.spool.directory(of: job.id).finish(status)
        try temporary.spool.remove(name)
        #expect(throws: SpoolError.self) { try temporary.spool.project(name) }
        #expect(try temporary.spool.allProjects().isEmpty)
        #expect(throws: SpoolError.self) { try temporary.spool.remove(name) }
    }

    @Test("Versions in use stay, the others are collected, a removed project goes with its last one")
    func collect() throws {
        for second in 1...3 { _ = try push(["a"], at: Int64(second)) }
        try temporary.spool.collectVersions { $0 == name && $1 == 1 }
        #expect(try temporary.names("projects/shop/versions") == ["1", "3"])
        try temporary.spool.remove(name)
        try temporary.spool.collectVersions { $0 == name && $1 == 1 }
        #expect(try temporary.names("projects/shop/versions") == ["1"])
        #expect(try push(["a"], at: 9).version == 2)
        try temporary.spool.remove(name)
        try temporary.spool.collectVersions { _, _ in false }
        #expect(!temporary.contains("projects/shop"))
    }
}
