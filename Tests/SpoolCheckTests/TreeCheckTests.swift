import LinuxSystem
import SpoolCheck
import SpoolModel
import SpoolStore
import TestSpool
import Testing

@Suite("A check of a tree")
struct TreeCheckTests {
    @Test("A tree with three jobs of every state and a project has nothing wrong, and a repair leaves it as it is")
    func healthy() throws {
        let tree = try SampleTree()
        #expect(try tree.check().isEmpty)
        #expect(try tree.check(repairing: true).isEmpty)
        let summary = try TreeCheck.run(tree.temporary.path, repairing: false) { _, _ in }
        #expect(summary.jobs == 18 && summary.projects == 1 && summary.left == 0)
        #expect(try tree.temporary.names("quarantine").isEmpty)
    }

    @Test("Each thing that can be wrong is found, put right, and not found again", arguments: Flaw.all)
    func flaw(_ flaw: Flaw) throws {
        let tree = try SampleTree()
        let path = try flaw.make(tree)
        let found = try tree.check()
        let finding = try #require(
            found.first { $0.finding.path == path && $0.finding.problem.contains(flaw.problem) }?.finding, "\(found)")
        #expect(finding.severity == flaw.severity)
        #expect(finding.remedy.isRepair == flaw.isRepaired)
        #expect(found.allSatisfy { $0.outcome == .found })
        // What follows from it may be found with it, nothing else.
        #expect(found.count <= 2, "\(found)")
        #expect(try tree.check().map(\.finding) == found.map(\.finding), "a look changes nothing")

        let repaired = try tree.check(repairing: true)
        #expect(repaired.allSatisfy { $0.outcome == ($0.finding.remedy.isRepair ? .repaired : .found) }, "\(repaired)")
        #expect(repaired.contains { $0.finding == finding })
        let rest = try tree.check()
        #expect(!rest.contains { $0.isBad || $0.finding.remedy.isRepair }, "\(rest)")
        #expect(rest.contains { $0.finding == finding } == !flaw.isRepaired)
        #expect(try !tree.check(repairing: true).contains { $0.outcome != .found })
    }

    @Test("No job is lost by a repair: it is where it was, or in quarantine/", arguments: Flaw.ofJobs)
    func nothingLost(_ flaw: Flaw) throws {
        let tree = try SampleTree()
        _ = try flaw.make(tree)
        _ = try tree.check(repairing: true)
        let kept = Set(try tree.spool.allIDs().ids.map(\.description) + tree.temporary.names("quarantine"))
        for id in tree.jobs.values.joined() { #expect(kept.contains("\(id)")) }
    }

    @Test("A job whose logs are cut keeps its end, and says how much is lost")
    func lostLog() throws {
        let tree = try SampleTree()
        try tree.write("", to: tree.place(.successful) + "/job.out")
        _ = try tree.check(repairing: true)
        let status = try tree.spool.job(tree.id(.successful)).status
        #expect(status.state == .successful && status[.outBytes] == 0 && status[.errBytes] == 2)
        #expect(status[text: "lost_out_bytes"] == "2")
    }

    @Test("A project whose current version is lost goes back to the one before")
    func project() throws {
        let tree = try SampleTree()
        try tree.spool.root.removeTree("projects/shop/versions/2")
        _ = try tree.check(repairing: true)
        let project = try tree.spool.project(tree.project)
        #expect(project.version == 1 && project.spiders.map(\.description) == ["books"])
        #expect(try tree.temporary.text("projects/shop/status") == project.statusLine)
    }

    @Test("A project whose metadata is damaged is made anew from its current code, and what was damaged is kept")
    func projectMetadata() throws {
        let tree = try SampleTree()
        try tree.write("{", to: "projects/shop/metadata.json")
        _ = try tree.check(repairing: true)
        let project = try tree.spool.project(tree.project)
        #expect(project.version == 2 && project.directory == "shop" && project.spiders.count == 2)
        #expect(try tree.temporary.text("quarantine/shop.metadata.json") == "{")
        #expect(try tree.temporary.text("quarantine/shop.metadata.json.reason").contains("is not JSON"))
    }

    @Test("A job that is alive is not taken away from its shim, whatever its status says")
    func alive() throws {
        let tree = try SampleTree()
        try tree.write("", to: tree.place(.running) + "/status")
        let reports = try tree.check(repairing: true)
        #expect(reports.count == 1)
        guard case .failed(let reason) = reports.first?.outcome else { throw SystemError(code: 0, operation: "fail") }
        #expect(reason.contains("alive"))
        #expect(tree.temporary.contains(tree.place(.running)))
    }

    @Test("What a mark of no job and a request are to a server that works is nothing yet")
    func served() throws {
        let tree = try SampleTree()
        let lock = try tree.spool.takeEngineLock()
        defer { withExtendedLifetime(lock) {} }
        try tree.spool.active.makeLink(Flaw.stranger, to: "../jobs/other-a5/\(Flaw.stranger)")
        try tree.spool.requestCancel(tree.id(.failed))
        try tree.makeDirectory("tmp/push-1")
        try tree.makeDirectory("incoming/mine")
        #expect(try tree.check().isEmpty)
    }

    @Test("A spool with a server is not repaired")
    func busy() throws {
        let tree = try SampleTree()
        let lock = try tree.spool.takeEngineLock()
        defer { withExtendedLifetime(lock) {} }
        let error = #expect(throws: SpoolError.self) { _ = try tree.check(repairing: true) }
        #expect(error?.code == .busy)
    }

    @Test("What is no spool is said to be none, and stays as it is")
    func noSpool() throws {
        let path = try TemporarySpool.directory()
        for repairing in [false, true] {
            for place in [path, path + "/none"] {
                let error = #expect(throws: SpoolError.self) {
                    _ = try TreeCheck.run(place, repairing: repairing) { _, _ in }
                }
                #expect(error?.code == .notSpool)
            }
        }
        let names = try Directory(path: path).names()
        #expect(names.isEmpty)
    }

    @Test("A link in place of a directory is not followed")
    func link() throws {
        let tree = try SampleTree()
        try tree.move("jobs", to: "elsewhere")
        try tree.spool.root.makeLink("jobs", to: "elsewhere")
        let reports = try tree.check(repairing: true)
        #expect(reports.map(\.finding.path) == ["jobs"])
        #expect(reports.first?.finding.severity == .error && reports.first?.outcome == .found)
    }

    @Test("Guests, for whom the spool's root was opened, are nothing unusual as long as they cannot write")
    func guests() throws {
        let tree = try SampleTree()
        let group = try tree.spool.root.descriptor.information().group
        let directory = try tree.spool.root.directory(tree.place(.failed))
        try directory.letThrough(group)
        #expect(try tree.check().map(\.finding.path) == [tree.place(.failed)])
        try tree.spool.root.letThrough(group)
        #expect(try tree.check().isEmpty)
        try directory.setPermissions("status", 0o620)
        #expect(try tree.check(repairing: true).map(\.finding.path) == [tree.place(.failed) + "/status"])
        #expect(try directory.information("status").permissions == 0o600)
        #expect(try tree.check().isEmpty)
    }

    @Test("What belongs to another user is given back by root", .enabled(if: Host.effectiveUser == 0))
    func owner() throws {
        let tree = try SampleTree()
        let path = tree.place(.failed) + "/status"
        try tree.spool.root.setOwner(path, 12_345)
        let finding = try #require(try tree.check().first?.finding)
        #expect(finding.path == path && finding.problem.contains("user 12345"))
        #expect(try tree.check(repairing: true).map(\.outcome) == [.repaired])
        #expect(try tree.spool.root.information(path).owner == 0)
        #expect(try tree.check().isEmpty)
    }

    @Test(
        "The names of days are told from others",
        arguments: [
            ("2026-11-24", true), ("other-a5", true), ("2024-02-29", true), ("2023-02-29", false), ("2026-1-1", false),
            ("other-A5", false), ("other-a", false), ("other-abc", false), ("0000-00-00", false), ("today", false),
        ])
    func days(_ name: String, _ isDay: Bool) throws {
        let tree = try SampleTree()
        try tree.makeDirectory("jobs/\(name)")
        #expect(try tree.check().contains { $0.finding.path == "jobs/\(name)" } == !isDay)
    }
}
