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

    private func push(_ spiders: [String], named version: String? = nil, at seconds: Int64) throws -> ProjectMetadata {
        var generator = SystemRandomNumberGenerator()
        let staging = try temporary.spool.stage(
            JobID(at: Timestamp(microseconds: SystemClock.wall()), using: &generator))
        try staging.archive.write([1, 2, 3])
        try staging.code.makeDirectory("shop")
        try staging.code.directory("shop").writeDurably("scrapy.cfg", [65])
        do {
            return try temporary.spool.publish(
                staging, name: name, directory: "shop", spiders: spiders.compactMap(SpiderName.init),
                sha256: "00", size: 3, versionName: version.flatMap { VersionName($0) }, at: Timestamp(seconds: seconds)
            )
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

    private func listed() throws -> [String] {
        try temporary.spool.namedVersions(of: temporary.spool.project(name)).compactMap { $0.clientName?.description }
    }

    @Test("A named version of a push that was interrupted before its end is in no list, also after the next push")
    func interrupted() throws {
        _ = try push(["a"], named: "1", at: 1)
        let before = try temporary.text("projects/shop/metadata.json")
        let place = try temporary.spool.projects.directory("shop")
        for (version, then) in [("2", ["1", "3"]), ("0", ["1", "3", "4"])] {
            let before = version == "2" ? before : try temporary.text("projects/shop/metadata.json")
            _ = try push(["b"], named: version, at: 2)
            // As a crash between the two renames leaves it.
            try place.writeDurably("metadata.json", Array(before.utf8))
            #expect(try !listed().contains(version))
            #expect(try temporary.spool.version(named: version, of: temporary.spool.project(name)) == nil)
            _ = try push(["c"], named: then.last, at: 3)
            #expect(try listed() == then)
        }
    }

    @Test("A project that was removed and comes again has none of its earlier versions")
    func removed() throws {
        _ = try push(["a"], named: "1", at: 1)
        _ = try push(["a"], named: "2", at: 2)
        try temporary.spool.remove(name)
        _ = try push(["a"], named: "0", at: 3)
        #expect(try listed() == ["0"])
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
        #expect(
            error?.description == "There are 1 scheduled spiders for project \"shop\": cancel it first: \(job.id)")
        var status = job.status
        status.state = .canceled
        try temporary.spool.directory(of: job.id).finish(status)
        try temporary.spool.remove(name)
        #expect(throws: SpoolError.self) { try temporary.spool.project(name) }
        #expect(try temporary.spool.allProjects().isEmpty)
        #expect(throws: SpoolError.self) { try temporary.spool.remove(name) }
    }

    /// Takes away what a janitor would if no job but those used a version.
    private func collect(_ uses: [VersionUse]) throws {
        let spool = temporary.spool
        let (old, failures) = try spool.oldCode()
        #expect(failures.isEmpty)
        for code in old {
            let free = code.versions.filter { version in !uses.contains { $0.mayBe(version, of: code.project) } }
            let (rubbish, failures) = try spool.retire(free, of: code.project)
            #expect(failures.isEmpty)
            for name in rubbish { #expect(spool.removeRubbish(name) == nil) }
        }
        #expect(try temporary.names("tmp").isEmpty)
    }

    @Test("Versions in use stay, the others are collected, a removed project goes with its last one")
    func collect() throws {
        let use = VersionUse(temporary.job().id, project: name, version: 1)
        for second in 1...3 { _ = try push(["a"], at: Int64(second)) }
        try collect([use])
        #expect(try temporary.names("projects/shop/versions") == ["1", "3"])
        try temporary.spool.remove(name)
        try collect([use])
        #expect(try temporary.names("projects/shop/versions") == ["1"])
        #expect(try push(["a"], at: 9).version == 2)
        try temporary.spool.remove(name)
        try collect([])
        #expect(!temporary.contains("projects/shop"))
    }

    @Test("What has no metadata yet may be on its way here, and stays")
    func onItsWay() throws {
        for second in 1...2 { _ = try push(["a"], at: Int64(second)) }
        try temporary.spool.root.remove("projects/shop/metadata.json")
        try collect([])
        #expect(try temporary.names("projects/shop/versions") == ["1", "2"])
        try temporary.spool.root.remove("projects/shop/status")
        try collect([])
        #expect(try temporary.names("projects/shop/versions") == ["1", "2"])
        #expect(try push(["a"], at: 9).version == 3)
        try temporary.spool.remove(name)
        #expect(try temporary.text("projects/shop/status") == "REMOVED\n")
        try collect([])
        #expect(!temporary.contains("projects/shop"))
    }

    @Test("A version that has become the current one again is not taken away")
    func becameCurrent() throws {
        for second in 1...2 { _ = try push(["a"], at: Int64(second)) }
        let old = try #require(try temporary.spool.oldCode().found.first)
        #expect(old.versions == [1])
        var project = try temporary.spool.project(name)
        project.version = 1
        try temporary.spool.publish(project)
        #expect(try temporary.spool.retire(old.versions, of: name).rubbish.isEmpty)
        #expect(try temporary.names("projects/shop/versions") == ["1", "2"])
    }

    @Test("A project whose metadata cannot be read keeps all its code")
    func damaged() throws {
        for second in 1...2 { _ = try push(["a"], at: Int64(second)) }
        for content in ["", "{", "{\"version\": 9223372036854775807}"] {
            try temporary.spool.root.writeDurably("projects/shop/metadata.json", Array(content.utf8))
            #expect(try temporary.spool.oldCode().found.isEmpty)
            #expect(try temporary.spool.retire([1, 2], of: name).rubbish.isEmpty)
        }
        try temporary.spool.root.remove("projects/shop/metadata.json")
        try temporary.spool.root.makeDirectory("projects/shop/metadata.json")
        #expect(try temporary.spool.oldCode().found.isEmpty)
    }

    @Test("What cannot be read of a job may be any version of its project, or of any")
    func uses() throws {
        let temporary = temporary
        var job = temporary.job(.running)
        job.status[.version] = 1
        try temporary.spool.create(job)
        let place = temporary.place(job.id)
        let other = try #require(ProjectName("other"))
        func use() throws -> (this: Bool, otherVersion: Bool, otherProject: Bool) {
            let uses = try temporary.spool.versionUses(with: [])
            try #require(uses.count == 1)
            return (uses[0].mayBe(1, of: name), uses[0].mayBe(2, of: name), uses[0].mayBe(1, of: other))
        }
        #expect(try use() == (true, false, false))
        let metadata = try temporary.spool.root.content(place + "/metadata.json")
        try temporary.spool.root.writeDurably(place + "/metadata.json", [])
        #expect(try use() == (true, false, true))
        try temporary.spool.root.remove(place + "/status")
        #expect(try use() == (true, true, true))
        try temporary.spool.root.writeDurably(place + "/metadata.json", metadata)
        #expect(try use() == (true, true, false))
        let odd = "RUNNING at=2026-01-01T00:00:00Z version=x\n"
        try temporary.spool.root.writeDurably(place + "/status", Array(odd.utf8))
        #expect(try use() == (true, true, false))
        // Not marked as active, but known to run.
        try temporary.spool.unmark(job.id)
        #expect(try temporary.spool.versionUses(with: []).isEmpty)
        #expect(try temporary.spool.versionUses(with: [job.id]).count == 1)
        for text in ["PENDING at=2026-01-01T00:00:00Z\n", "FAILED at=2026-01-01T00:00:00Z version=1\n"] {
            try temporary.spool.root.writeDurably(place + "/status", Array(text.utf8))
            #expect(try temporary.spool.versionUses(with: [job.id]).isEmpty)
        }
    }

    @Test("A project is not removed while a job cannot be read that may be scheduled for it")
    func unreadableSchedule() throws {
        _ = try push(["a"], at: 1)
        let job = temporary.job(.scheduled, spider: "a")
        try temporary.spool.create(job)
        let place = temporary.place(job.id)
        try temporary.spool.root.writeDurably(place + "/status", [])
        let error = #expect(throws: SpoolError.self) { try temporary.spool.remove(name) }
        #expect(error?.code == .refused && error?.description.contains("\(job.id)") == true)
        // Neither does it keep another project, nor a push of this one.
        #expect(try push(["b"], at: 2).version == 2)
        var other = job.metadata
        other.project = try #require(ProjectName("other"))
        try temporary.spool.root.writeDurably(place + "/metadata.json", other.file)
        try temporary.spool.remove(name)
    }

    @Test(
        "The next version has one number more than any there is, and a free one where that is out of range",
        arguments: [
            ([], nil, 1), (["1", "2"], 2, 3), (["7"], 9, 10), (["x", "-3", "+4", "007", "0", ""], nil, 1),
            (["9223372036854775807", "1"], 1, 2), (["9223372036854775808"], nil, 1),
            (["1000000000", "1", "3"], 3, 2), (["999999999"], nil, 1_000_000_000), (["1000000001"], 5, 6),
        ] as [([String], Int?, Int)])
    func number(names: [String], current: Int?, number: Int) throws {
        for text in names where !text.isEmpty {
            _ = try Directory(making: "\(temporary.path)/projects/shop/versions/\(text)")
        }
        if let current {
            let metadata = ProjectMetadata(
                name: name, version: current, directory: "shop", spiders: [], created: Timestamp(seconds: 1),
                updated: Timestamp(seconds: 1))
            _ = try Directory(making: temporary.path + "/projects/shop")
            try temporary.spool.publish(metadata)
        }
        #expect(try push(["a"], at: 10).version == number)
    }
}
