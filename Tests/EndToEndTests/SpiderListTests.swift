import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("The spiders of a push", .fewAtATime)
struct SpiderListTests {
    private static let alpha = SpiderProject.module("alpha"), beta = SpiderProject.module("beta")

    /// What a project does while it is loaded: the head of its module `alpha`, more lines of its settings, more files.
    static let habits: [(name: String, head: String, settings: String, files: [String: String])] = [
        ("prints", "print('loading')\nprint('---- starting ----')\nprint('Loaded 3 proxies')", "", [:]),
        ("glues", "print('glued', end='')\nimport atexit; atexit.register(print, 'late')", "", [:]),
        ("starts", "import subprocess; subprocess.run(['echo', 'from a child'])", "print('settings')", [:]),
        ("logs", "", "LOG_STDOUT = True", [:]),
        ("writes", "print('quiet')", "LOG_FILE = 'all.log'\nLOG_STDOUT = True\nLOG_LEVEL = 'DEBUG'", [:]),
        ("closes", "import os, sys; os.close(1); sys.stdout = None", "", [:]),
        ("moves", "import os; os.chdir('/'); os.environ.clear()", "", [:]),
        ("stays", "import threading; threading.Thread(target=threading.Event().wait).start()", "", [:]),
        (
            "commands", "", "COMMANDS_MODULE = 'commands.own'",
            [
                "commands/own/__init__.py": "", "commands/__init__.py": "",
                "commands/own/list.py":
                    "from scrapy.commands import ScrapyCommand\n\n\nclass Command(ScrapyCommand):\n"
                    + "    def run(self, args, opts):\n        print('none of these')\n",
            ]
        ),
        (
            "loads", "", "SPIDER_LOADER_CLASS = 'loads.loader.Loader'",
            [
                "loads/loader.py":
                    "from scrapy.spiderloader import SpiderLoader\n\n\nclass Loader(SpiderLoader):\n"
                    + "    def list(self):\n        print('asked')\n        return super().list()\n"
            ]
        ),
    ]

    @Test("They are Scrapy's answer, whatever the project does while it is loaded")
    func habits() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            for habit in SpiderListTests.habits {
                let project = try await SpiderProject(
                    in: folder, habit.name,
                    spiders: ["alpha": SpiderProject.module("alpha", habit.head), "beta": SpiderListTests.beta],
                    settings: habit.settings, files: habit.files)
                let answer = try await server.push(project.archive)
                #expect(answer["spiders"]?.texts == ["alpha", "beta"], "\(habit.name)")
                #expect(answer["warnings"] == nil, "\(habit.name): \(answer)")
                #expect(try await server.ok("list-spiders.json?project=\(habit.name)")["spiders"] == answer["spiders"])
            }
            #expect(File.names("\(server.spool)/tmp") == [])
        }
    }

    @Test("A name is one name whatever is in it, or refused in words")
    func names() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            let good = try await SpiderProject(
                in: folder, "good",
                spiders: ["a": SpiderProject.module("two words"), "b": SpiderProject.module("zażółć-1")])
            #expect(try await server.push(good.archive)["spiders"]?.texts == ["two words", "zażółć-1"])
            let names = ["two\\nlines", "-dash", "--", ".hidden", "\\u2028", "\\udce9", "a\\ud800b"]
            for (number, name) in names.enumerated() {
                let project = try await SpiderProject(
                    in: folder, "bad\(number)",
                    spiders: ["alpha": SpiderListTests.alpha, "b": SpiderProject.module(name)])
                let answer = try await server.curl("push-project.json", "-F", "archive=@\(project.archive)")
                #expect(answer.status == 400)
                #expect(answer.message?.hasPrefix("A spider is called ") == true, "\(answer.text)")
            }
            #expect(try await server.ok("list-projects.json")["projects"]?.texts == ["good"])
        }
    }

    @Test("A wrapper around Scrapy and a sitecustomize of the machine's change nothing")
    func wrapper() async throws {
        try await Folder.with { folder in
            let scrapy = "\(folder.path)/scrapy"
            try File.makeDirectory("\(folder.path)/site")
            try File.write(
                "import sys\nsys.is_customized = True\nprint('customized')\nsys.meta_path[:] = sys.meta_path[:]\n",
                to: "\(folder.path)/site/sitecustomize.py")
            try File.write(
                "#!/bin/sh\necho wrapped\nPYTHONPATH=\"$PYTHONPATH:\(folder.path)/site\" '\(Place.scrapy)' \"$@\"\n",
                to: scrapy)
            chmod(scrapy, 0o755)
            let server = try await Server(in: folder, "--scrapy", scrapy)
            let project = try await SpiderProject(
                in: folder, "shop", spiders: ["alpha": SpiderListTests.alpha],
                settings: "import os, sys\nassert sys.is_customized\nassert 'inquiry' not in os.environ['PYTHONPATH']")
            #expect(try await server.push(project.archive)["spiders"]?.texts == ["alpha"])
        }
    }

    @Test(
        "Where a wrapper keeps the server's module from Scrapy, the answer and the log say that printed lines are spiders",
        arguments: [
            "exec '{python}' -I '{scrapy}' \"$@\"", "exec '{python}' -E '{scrapy}' \"$@\"",
            "exec env -i PATH=\"$PATH\" '{scrapy}' \"$@\"", "unset PYTHONPATH\nexec '{scrapy}' \"$@\"",
            "exec '{python}' -c 'print(\"loading\"); print(\"alpha\")' \"$@\"", "printf '%s\\n' loading alpha",
        ])
    func isolated(script: String) async throws {
        try await Folder.with { folder in
            let scrapy = "\(folder.path)/scrapy"
            let python = "\(Place.scrapy.dropLast("/scrapy".count))/python"
            try File.write(
                "#!/bin/sh\n\(script.replacing("{python}", with: python).replacing("{scrapy}", with: Place.scrapy))\n",
                to: scrapy)
            chmod(scrapy, 0o755)
            let server = try await Server(in: folder, "--scrapy", scrapy)
            let project = try await SpiderProject(
                in: folder, "shop",
                spiders: ["alpha": SpiderProject.module("alpha", "print('loading')")])
            let answer = try await server.push(project.archive)
            #expect(answer["spiders"]?.texts == ["alpha", "loading"], "\(answer)")
            let notice = "The spiders are the lines that `scrapy list` printed"
            #expect(answer["warnings"]?.texts.count == 1, "\(answer)")
            #expect(answer["warnings"]?.texts.first?.hasPrefix(notice) == true, "\(answer)")
            #expect(answer["warnings"]?.texts.first?.contains("\(scrapy) keeps PYTHONPATH") == true, "\(answer)")
            #expect(server.log.contains("shop version 1 was pushed: \(notice)"), "\(server.log)")
        }
    }

    @Test("Spiders that cannot be imported, and those that are gone, are warned of and logged")
    func warnings() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            let lost = "import no_such_module_at_all\n"
            for (number, settings) in [
                "SPIDER_LOADER_WARN_ONLY = True",
                "SPIDER_LOADER_WARN_ONLY = True\nimport warnings\nwarnings.simplefilter('ignore')",
            ].enumerated() {
                let name = "shop\(number)"
                let modules = ["spiders", "others"].map { "\(name).\($0)" }
                let places = "SPIDER_MODULES = ['\(modules[0])', '\(modules[1])']"
                let whole = try await SpiderProject(
                    in: folder, name, spiders: ["alpha": SpiderListTests.alpha], settings: "\(settings)\n\(places)",
                    files: ["\(name)/others/__init__.py": SpiderListTests.beta])
                let first = try await server.push(whole.archive)
                #expect(first["spiders"]?.texts == ["alpha", "beta"] && first["warnings"] == nil, "\(first)")
                let part = try await SpiderProject(
                    in: folder, name, spiders: ["alpha": SpiderListTests.alpha], settings: "\(settings)\n\(places)",
                    files: ["\(name)/others/__init__.py": lost])
                let second = try await server.push(part.archive)
                #expect(second["spiders"]?.texts == ["alpha"])
                let said = second["warnings"]?.texts ?? []
                #expect(said.contains { $0.contains("No module named 'no_such_module_at_all'") }, "\(second)")
                #expect(said.contains { $0.contains("Spiders of version 1 are gone: beta") }, "\(second)")
                #expect(server.log.contains("\(name) version 2 was pushed: Spiders of version 1 are gone: beta"))
            }
        }
    }

    @Test("A push that takes away all spiders is refused unless it says so")
    func empty() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            let full = try await standIn.archive("shop"), empty = try await standIn.archive("shop", [])
            // A project that never had any is fine, and warned of.
            let first = try await server.push(empty)
            #expect(first["spiders"]?.texts == [] && first["warnings"]?.texts == ["The project has no spiders"])
            #expect(try await server.push(full)["warnings"] == nil)
            for options in [[], ["-F", "allow-empty=no"]] {
                let answer = try await server.curl("push-project.json", options: ["-F", "archive=@\(empty)"] + options)
                #expect(answer.status == 400)
                #expect(answer.message?.contains("\"allow-empty\"") == true, "\(answer.text)")
                #expect(answer.message?.contains("fail, fast, sh, slow") == true, "\(answer.text)")
            }
            let odd = try await server.curl(
                "push-project.json", "-F", "archive=@\(empty)", "-F", "allow-empty=perhaps")
            #expect(odd.status == 400 && odd.message?.contains("yes or no") == true, "\(odd.text)")
            #expect(try await server.ok("list-spiders.json?project=shop")["spiders"]?.texts.count == 4)
            // The version that was replaced may still be deleted there.
            #expect(File.names("\(server.spool)/tmp").filter { !$0.hasPrefix("rubbish.") } == [])
            let last = try await server.ok("push-project.json", "-F", "allow-empty=yes", "-F", "archive=@\(empty)")
            #expect(last["spiders"]?.texts == [])
            #expect(try await server.ok("list-spiders.json?project=shop")["spiders"]?.texts == [])

            // By the client.
            try await server.push(full)
            try await folder.run("unzip", "-q", empty, "-d", "\(folder.path)/desk")
            let words = ["\(Place.programs)/scrapy-spool", "push", "--url", "http://\(server.address)"]
            let refused = try folder.start(words, in: "\(folder.path)/desk/shop")
            #expect(try await refused.wait().exit == 1)
            #expect(try File.text(refused.error).contains("would take away all spiders"), "\(refused.said)")
            let taken = try folder.start(words + ["--allow-empty"], in: "\(folder.path)/desk/shop")
            #expect(try await taken.wait().exit == 0, "\(taken.said)")
            #expect(try File.text(taken.error).contains("warning: The project has no spiders"), "\(taken.said)")
        }
    }

    @Test(
        "A list that says nothing is answered with how it ended and what usually causes that",
        arguments: [
            (
                "kill -9 $$",
                "`scrapy list` was ended by signal 9 (SIGKILL) and said nothing, usually by the system when memory"
            ),
            ("kill -11 $$", "signal 11 (SIGSEGV) and said nothing, usually by a mistake in a compiled package"),
            ("exit 3", "`scrapy list` ended with exit status 3 and said nothing"),
            (
                "exit 120",
                "exit status 120 and said nothing: its output could not be written, usually because there is no space"
            ),
            ("exit 127", "exit status 127 and said nothing: does the setting `scrapy` name a program"),
            ("echo words; exit 2", "list of spiders:\nwords"),
            (
                "echo words >&2; kill -9 $$",
                "signal 9 (SIGKILL), usually by the system when memory runs out (see `journalctl"
            ),
        ])
    func silence(script: String, message: String) async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let scrapy = "\(folder.path)/silent"
            try File.write("#!/bin/sh\n\(script)\n", to: scrapy)
            chmod(scrapy, 0o755)
            let server = try await Server(in: folder, "--scrapy", scrapy)
            let archive = try await standIn.archive("shop")
            let answer = try await server.curl("push-project.json", "-F", "archive=@\(archive)")
            #expect(answer.status == 400)
            #expect(answer.message?.hasPrefix("Unable to get the list of spiders") == true, "\(answer.text)")
            #expect(answer.message?.contains(message) == true, "\(answer.text)")
        }
    }

    @Test("A module that ends the program is named as the cause", arguments: ["0", "", "7", "'gone'"])
    func leaving(code: String) async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            let project = try await SpiderProject(
                in: folder, "shop",
                spiders: ["alpha": SpiderListTests.alpha, "b": "import sys\nsys.exit(\(code))\n"])
            let answer = try await server.curl("push-project.json", "-F", "archive=@\(project.archive)")
            #expect(answer.status == 400)
            let cause = code == "'gone'" ? "gone" : "as `sys.exit()` does"
            #expect(answer.message?.contains(cause) == true, "\(answer.text)")
            #expect(try await server.ok("list-projects.json")["projects"]?.texts == [])
        }
    }
}
