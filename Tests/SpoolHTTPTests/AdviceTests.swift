import Glibc
import SpoolHTTP
import SpoolModel
import Testing

@Suite("What messages say besides what is wrong")
struct AdviceTests {
    private static let id = JobID(milliseconds: 1_764_000_000_000, random: (1, 2))

    @Test(
        "A path that there is not is answered with what does the same here, or is nearly so called",
        arguments: [
            ("/schedule.json", "not that of scrapyd, and schedule-job.json is the equivalent here"),
            ("/addversion.json", "not that of scrapyd, and push-project.json "),
            ("/daemonstatus.json", "not that of scrapyd, and status.json "),
            ("/delproject.json", "not that of scrapyd, and remove-project.json "),
            ("/listversions.json", "not that of scrapyd, and list-versions.json is the equivalent here"),
            ("/delversion.json", "not that of scrapyd, and versions of a project are not removed by themselves here"),
            ("/status", "did you mean status.json?"), ("/stauts.json", "did you mean status.json?"),
            ("/STATUS.json", "did you mean status.json?"), ("//status.json", "did you mean status.json?"),
            ("/list_jobs.json", "did you mean list-jobs.json?"), ("/healthz", "did you mean status.json?"),
            ("/tracing", "openapi.json lists the endpoints"), ("/page/none.js", "openapi.json lists"),
            ("", "openapi.json lists the endpoints"), ("x", "openapi.json lists the endpoints"),
        ])
    func paths(path: String, end: String) {
        let message = Advice.nothing(at: path, known: Endpoint.paths.keys)
        #expect(message.hasPrefix("There is nothing at \(path)"))
        #expect(message.contains(end), "\(message)")
    }

    @Test("An unknown project or spider is answered with the nearest one, or with what there is")
    func names() {
        #expect(Advice.unknownProject("shp", among: ["shop", "zoo"]) == "Unknown project shp: did you mean shop?")
        #expect(Advice.unknownProject("x", among: ["shop", "zoo"]) == "Unknown project x: there is shop, zoo")
        #expect(Advice.unknownProject("x", among: ["shop"]) == "Unknown project x: there is only shop")
        #expect(Advice.unknownProject("x", among: []) == "Unknown project x: there are no projects yet; push one")
        #expect(
            Advice.unknownProject("x", among: (1...20).map { "p\($0)" }).hasSuffix("p6, p7, p8 and 12 more"))
        #expect(
            Advice.unknownSpider("fats", of: "shop", among: ["fast"]) == "Unknown spider shop/fats: did you mean fast?")
        #expect(
            Advice.unknownSpider("x", of: "shop", among: ["a", "b"]) == "Unknown spider shop/x: its spiders are a, b")
        #expect(Advice.unknownSpider("x", of: "shop", among: []) == "Unknown spider shop/x: the project has no spiders")
    }

    @Test("The beginning of an id is answered with the ids that begin like it")
    func ids() {
        let id = AdviceTests.id
        #expect(Advice.noJob("019ab", similar: [id]).hasSuffix("write the whole id, which is \(id)"))
        #expect(Advice.noJob("019ab", similar: [id, id]).hasSuffix("write the whole id, one of \(id), \(id)"))
        #expect(
            Advice.noJob("x", similar: []) == "No such job: \"x\": an id has 36 characters, as list-jobs.json shows it")
        #expect(Advice.noJob("\(id)", similar: []) == "No such job: \"\(id)\"")
    }

    @Test(
        "Why there is no log depends on where the job is in its life",
        arguments: [
            (
                "SCHEDULED at=2026-11-28T00:00:00Z next=2026-11-29T00:00:00Z",
                ": the job is a schedule, whose runs are jobs with logs of their own, the next one at 2026-11-29T00:00:00.000000Z"
            ),
            ("PENDING at=2026-11-28T00:00:00Z", " yet: the job waits to be started"),
            ("RUNNING at=2026-11-28T00:00:00Z", " yet: the job is about to start"),
            ("CANCELED at=2026-11-28T00:00:00Z", ": the job ended as CANCELED before it was started"),
            (
                "FAILED at=2026-11-28T00:00:00Z reason=no-project",
                ": the job ended as FAILED (no-project) before it was started"
            ),
            (
                "SUCCESSFUL at=2026-11-28T00:00:00Z started=2026-11-28T00:00:00Z",
                " any more: it was removed"
            ),
            ("", ", and no such job"),
        ])
    func logs(status: String, end: String) {
        let message = Advice.noLog("x.err", AdviceTests.id, JobStatus(parsing: status))
        #expect(message == "There is no log x.err\(end)")
    }

    @Test(
        "Why an address cannot be listened at comes with what to do about it",
        arguments: [
            ("127.0.0.1:80", EACCES, "CAP_NET_BIND_SERVICE"),
            ("127.0.0.1:7654", EADDRINUSE, "stop the program that uses the address"),
            ("192.0.2.1:7654", EADDRNOTAVAIL, "this machine has no such address"),
            ("unix:/root/x", EACCES, "may not make a socket in that directory"),
            ("unix:/nowhere/x", ENOENT, "make the socket's directory"),
            ("unix:/tmp/x", ENOTSOCK, "something else than a socket"),
            ("[::1]:7654", EAFNOSUPPORT, "choose another one"),
        ])
    func listening(interface: String, code: Int32, part: String) throws {
        let message = ListeningError(interface: try #require(Interface(interface)), code: code).description
        #expect(message.hasPrefix("Cannot listen at \(interface): ") && message.contains(part), "\(message)")
        #expect(code == EADDRINUSE || !message.contains("stop the program that uses"))
    }
}
