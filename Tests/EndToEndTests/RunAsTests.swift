import Glibc
import LinuxSystem
import SpoolModel
import Testing

/// Jobs as another user, which only root can have. The user is Debian's `nobody`.
@Suite("Jobs as another user", .fewAtATime, .enabled(if: Host.effectiveUser == 0))
struct RunAsTests {
    private let nobody: AccountEntry

    init() throws {
        nobody = try #require(AccountEntry(named: "nobody"))
    }

    /// A folder that others may go through, and in it a program in place of scrapy (whose Python may be out of reach for
    /// others than this user), which says who runs it and what it can get at.
    private func with(_ body: (Folder, String) async throws -> Void) async throws {
        try await Folder.with { folder in
            chmod(folder.path, 0o711)
            try File.makeDirectory("\(folder.path)/notes")
            chmod("\(folder.path)/notes", 0o1777)
            let scrapy = "\(folder.path)/scrapy"
            try File.write(
                """
                #!/bin/bash
                exec 9>> '\(folder.path)/notes/'"$1"
                echo "$(id -u) $(id -G) $(grep CapEff /proc/self/status | cut -f 2)" >&9
                spool='\(folder.path)/spool'
                for attempt in "cat ../status" "ls .." "touch ../x" "ls $spool" "ls $spool/jobs" "cat $spool/format" \\
                    "touch $spool/cancel/x" "ls $spool/data" "ls $spool/tmp" "ls $spool/projects" \\
                    "cat $spool/projects/trouble/versions/1/code/trouble/scrapy.cfg"; do
                    if $attempt > /dev/null 2>&1; then echo "open: $attempt" >&9; fi
                done
                case "$1 $2" in
                    "list ") ls trouble/spiders | sed -n 's/^\\([a-z]*\\).py$/\\1/p' ;;
                    "crawl echo") env > echo.txt ;;
                    "crawl quick")
                        python3 -c 'import sys; print(sys.meta_path[0].__name__)'
                        echo 'phase=closed finish=finished items=7' > "$SPOOL_REPORT/progress" ;;
                    "crawl fork") (setsid sleep 1000 &) ; sleep 1000 & wait ;;
                esac
                """, to: scrapy)
            chmod(scrapy, 0o755)
            try await body(folder, scrapy)
        }
    }

    @Test("They can report, by a module that they can read and not change")
    func reports() async throws {
        try await with { folder, scrapy in
            let server = try await Server(in: folder, flags: ["--run-as", "nobody", "--scrapy", scrapy])
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/quick")
            let status = try await server.ended(id)
            #expect(status[.items] == 7 && status[.finish] == "finished", "\(status.line) \(server.log(of: id))")
            let module = try File.text("\(server.directory(of: id))/job.out")
            #expect(module == "_Finder\n", "\(module)")
            let hook = try #require(File.names("\(server.spool)/report").first)
            let place = try Directory(path: "\(server.spool)/report/\(hook)")
            #expect(try place.information("sitecustomize.py").owner == 0)
            #expect(try place.information(".").permissions & 0o022 == 0)
        }
    }

    @Test("They work for that user, in their own directory, and get at nothing else of the tree")
    func runs() async throws {
        try await with { folder, scrapy in
            let server = try await Server(in: folder, flags: ["--run-as", "nobody", "--scrapy", scrapy])
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/echo")
            let status = try await server.ended(id)
            #expect(status.state == .successful, "\(server.log(of: id))")
            let environment = try File.text(server.directory(of: id) + "/work/echo.txt").split(separator: "\n")
            #expect(environment.contains("USER=nobody"))
            #expect(environment.contains("HOME=\(nobody.home)"))
            let directory = try Directory(path: server.directory(of: id))
            #expect(try directory.information("work/echo.txt").owner == nobody.account.user)
            #expect(try directory.information("status").owner == 0)
            let answer = try await server.curl("get-file?id=\(id)&path=echo.txt")
            #expect(answer.status == 200 && !answer.body.isEmpty, "\(answer.text)")
            // No group, no capability and no door that is root's.
            let who =
                "\(nobody.account.user) \(nobody.account.groups.map(String.init).joined(separator: " ")) 0000000000000000\n"
            #expect(try File.text("\(folder.path)/notes/list") == who)
            #expect(try File.text("\(folder.path)/notes/crawl") == who)
            // Nor does the tree look unusual to who checks it.
            let check = try folder.start([try Place.server(), "check", server.spool])
            #expect(try await check.wait().exit == 0)
            #expect(try File.text(check.out) == "")
        }
    }

    @Test("The list of spiders comes from Scrapy's spider loader for that user too")
    func spiders() async throws {
        try await with { folder, scrapy in
            // The least of Scrapy that its command line needs, for a Python that this user can run.
            let package = "\(folder.path)/packages/scrapy"
            try File.makeDirectory("\(package)/utils")
            for (name, text) in [
                "__init__": "", "utils/__init__": "",
                "cmdline": "def execute(argv=None, settings=None): print('noise')",
                "spiderloader": """
                import os

                class Loader:
                    from_settings = classmethod(lambda cls, settings: cls())
                    list = lambda self: ['alpha', 'user-%d' % os.getuid()]
                """,
                "utils/misc": "def load_object(name): return name",
                "utils/project": """
                from scrapy.spiderloader import Loader

                class Settings(dict):
                    frozencopy = dict.copy

                def get_project_settings(): return Settings(SPIDER_LOADER_CLASS=Loader)
                """,
            ] {
                try File.write(text + "\n", to: "\(package)/\(name).py")
            }
            try await folder.shell("chmod -R a+rX '\(folder.path)/packages'")
            try File.write(
                """
                #!/usr/bin/python3
                import sys
                sys.path.insert(0, '\(folder.path)/packages')
                from scrapy.cmdline import execute
                print('more noise')
                execute()
                """, to: scrapy)
            let server = try await Server(in: folder, flags: ["--run-as", "nobody", "--scrapy", scrapy])
            let answer = try await server.push(Archives.trouble)
            #expect(answer["spiders"]?.texts == ["alpha", "user-\(nobody.account.user)"], "\(answer)")
            #expect(File.names("\(server.spool)/tmp") == [])
        }
    }

    @Test("They are canceled, with what they started, and their data stays theirs")
    func cancel() async throws {
        try await with { folder, scrapy in
            let server = try await Server(in: folder, flags: ["--run-as", "nobody", "--scrapy", scrapy])
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/fork")
            _ = try await server.running(id)
            #expect(try Directory(path: server.spool).information("data/trouble").owner == nobody.account.user)
            _ = try await server.ok("cancel-job.json", "-F", "id=\(id)")
            #expect(try await server.ended(id).state == .canceled)
            try await server.awaitSolitude()
        }
    }

    @Test("They run projects that root's jobs had before")
    func later() async throws {
        try await with { folder, scrapy in
            let first = try await Server(in: folder, "--scrapy", scrapy)
            try await first.push(Archives.trouble)
            _ = try await first.process.end(by: SIGTERM)
            let second = try await Server(in: folder, flags: ["--run-as", "nobody", "--scrapy", scrapy])
            for _ in 0..<2 {
                let id = try await second.schedule("trouble/quick")
                #expect(try await second.ended(id).state == .successful, "\(second.log(of: id))")
            }
        }
    }

    @Test("While that user swaps directories for links, root changes and deletes nothing that they lead to")
    func swappedForLinks() async throws {
        try await with { folder, _ in
            let victim = "\(folder.path)/victim"
            try File.makeDirectory(victim)
            chmod(victim, 0o755)
            try File.write("A", to: victim + "/precious")
            let scrapy = try Stub.write(
                in: folder,
                [
                    "swap":
                        "mkdir d{0..199}; for i in {0..199}; do ln -s '\(victim)' l$i; done; touch ready; exec sleep 1000"
                ])
            let server = try await Server(
                in: folder,
                flags: ["--run-as", "nobody", "--scrapy", scrapy, "--completed-cap", "0", "--stop-grace", "1s"])
            try await server.push(Archives.trouble)
            for _ in 0..<3 {
                let id = try await server.schedule("trouble/swap")
                _ = try await server.running(id)
                _ = try await server.file("work/ready", of: id)
                let swap = #"for $i (0..199) { rename "d$i", "x"; rename "l$i", "d$i"; rename "x", "l$i" }"#
                let racer = try folder.start([
                    "setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "perl", "-e",
                    "chdir $ARGV[0] or die; open F, '>racing'; while (1) { \(swap) }",
                    server.directory(of: id) + "/work",
                ])
                _ = try await server.file("work/racing", of: id)
                _ = try await server.ok("cancel-job.json", "-F", "id=\(id)")
                let jobs = "\(server.spool)/jobs"
                try await waitFor("\(id) goes", in: [jobs]) {
                    File.exists("\(jobs)/\(id.day)/\(id)") ? nil : ()
                }
                try await racer.end(by: SIGKILL)
                let tmp = "\(server.spool)/tmp"
                try await waitFor("tmp/ is empty", in: [tmp]) { File.names(tmp).isEmpty ? () : nil }
                let mode = try Directory(path: folder.path).information("victim").permissions
                #expect(mode == 0o755)
                #expect(try File.text(victim + "/precious") == "A")
            }
        }
    }

    @Test("A user that cannot be, and one that cannot get there, are told before anything starts")
    func refusals() async throws {
        try await with { folder, scrapy in
            func refusal(_ user: String) async throws -> String {
                let words = [try Place.server()] + Server.arguments(spool: "\(folder.path)/spool")
                let child = try folder.start(words + ["--run-as", user, "--scrapy", scrapy])
                #expect(try await child.wait().exit == 78)
                return child.said
            }
            #expect(try await refusal("no-such-user").contains("--run-as: there is no user no-such-user"))
            #expect(try await refusal("root").contains("jobs should not run as root"))
            chmod(folder.path, 0o700)
            let said = try await refusal("nobody")
            #expect(said.contains("the user nobody cannot get to \(scrapy) (scrapy): Permission denied"), "\(said)")
        }
    }
}
