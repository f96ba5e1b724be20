import SpoolModel
import Testing

@Suite("Options of a job")
struct JobOptionsTests {
    private func options(_ texts: [(String, String)]) throws -> JobOptions {
        var options = JobOptions()
        for (name, text) in texts { #expect(try options.set(name, to: text), "\(name)") }
        return options
    }

    @Test(
        "An option is written as the shortest text that means the same",
        arguments: [
            ("priority", "7", "7"), ("tags", "a.org, b a.org", "a.org,b"),
            ("fail-if", "items < 1,finish!=finished", "items<1,finish!=finished"),
            ("fail-if", "denied>20%,items<50%/5", "denied>20%,items<50%/5"), ("fail-if", "", ""),
            ("time-limit", "90", "90s"), ("time-limit", "1h30m", "90m"), ("stall-limit", "3600s", "1h"),
            ("linger-limit", "off", "off"), ("memory-limit", "2GiB", "2G"), ("memory-limit", "1536M", "1536M"),
            ("memory-limit", "off", "off"), ("retries", "3", "3"), ("retry-delay", "120", "2m"),
            ("retry-on", "lost exit", "exit,lost"), ("version", "12", "12"), ("arg.page", "1", "1"),
            ("setting.LOG_LEVEL", "INFO", "INFO"), ("arg.text", "a=b\nc ą", "a=b\nc ą"),
        ])
    func texts(name: String, text: String, shortest: String) throws {
        let options = try options([(name, text)])
        #expect(options.texts == [NamedText(name: name, text: shortest)])
        var document = JSON.object([])
        options.write(into: &document)
        #expect(try JobOptions(parsing: document) == options)
        #expect(try self.options(options.texts.map { ($0.name, $0.text) }) == options)
    }

    @Test(
        "What means nothing is refused, with what is possible",
        arguments: [
            ("priority", "10", "0 to 9"), ("priority", "-1", "0 to 9"), ("priority", "high", "0 to 9"),
            ("tags", "a b!", "letters"), ("fail-if", "items", "items<1"), ("fail-if", "item<1", "items<1"),
            ("fail-if", "items<-1", "items<1"), ("fail-if", "items<1.5", "items<1"),
            ("fail-if", "finish<done", "items<1"),
            ("fail-if", "seconds>20%", "items<1"), ("fail-if", "retries>200%/5", "items<1"),
            ("fail-if", "items<50%/0", "items<1"),
            ("fail-if", "items<99999999999999999999", "items<1"), ("time-limit", "0", "90s"),
            ("time-limit", "-5", "90s"), ("time-limit", "1m1h", "90s"), ("time-limit", "5 m", "90s"),
            ("time-limit", "99999999999999999999d", "90s"), ("time-limit", "400d", "90s"), ("time-limit", "m", "90s"),
            ("time-limit", "1h5", "90s"), ("memory-limit", "5", "500M"), ("memory-limit", "99999999T", "500M"),
            ("memory-limit", "2X", "500M"), ("retries", "101", "0 to 100"), ("retry-delay", "soon", "90s"),
            ("retry-on", "all", "exit, signal"), ("version", "0", "version"), ("version", "latest", "version"),
            ("arg.1a", "x", "letters"), ("arg.", "x", "letters"), ("setting.A-B", "x", "letters"),
            ("arg.a", "x\0y", "NUL"),
        ])
    func refusals(name: String, text: String, possible: String) {
        var options = JobOptions()
        let error = #expect(throws: OptionError.self) { try options.set(name, to: text) }
        #expect(error?.description.contains(possible) == true, "\(String(describing: error))")
        #expect(error?.description.contains(name) == true)
    }

    @Test("Other names are no options", arguments: ["", "args", "setting", "Priority", "argument.a", "limit"])
    func unknown(name: String) throws {
        var options = JobOptions()
        #expect(try !options.set(name, to: "1"))
        #expect(options.isEmpty)
    }

    @Test("A name that is given twice has its last text, and all texts have a limit together")
    func length() throws {
        var options = try options([("arg.a", "1"), ("arg.b", "2"), ("arg.a", "3")])
        #expect(options.arguments == [NamedText(name: "a", text: "3"), NamedText(name: "b", text: "2")])
        let half = String(repeating: "x", count: JobOptions.longestTexts / 2)
        _ = try options.set("arg.c", to: half)
        #expect(throws: OptionError.self) { try options.set("setting.D", to: half) }
        // With defaults that are short enough alone.
        var defaults = JobOptions()
        _ = try defaults.set("setting.D", to: half)
        try defaults.checkLength()
        let both = try self.options([("arg.c", half)]).filled(from: defaults)
        #expect(throws: OptionError.self) { try both.checkLength() }
    }

    @Test("There are at most so many arguments and settings, with those of the defaults")
    func count() throws {
        let half = JobOptions.mostTexts / 2
        let arguments = try options((0..<half).map { ("arg.a\($0)", "") })
        var all = try options((0..<half).map { ("setting.S\($0)", "") }).filled(from: arguments)
        try all.checkLength()
        _ = try all.set("arg.a1", to: "again")
        #expect(throws: OptionError.self) { try all.set("arg.more", to: "") }
        #expect(throws: OptionError.self) {
            try options([("setting.OTHER", "")]).filled(from: arguments).filled(from: all).checkLength()
        }
    }

    @Test(
        "A member that means nothing is named, with the one that was meant",
        arguments: [
            (#"{"time-limit": "5m"}"#, "`time-limit` is no member: did you mean `time_limit`?"),
            (#"{"fail-if": "items<1"}"#, "`fail-if` is no member: did you mean `fail_if`?"),
            (#"{"retrys": 3}"#, "`retrys` is no member: did you mean `retries`?"),
            (#"{"arg.page": "1"}"#, "`arg.page` is no member: write \"arguments\": {\"page\": …}"),
            (#"{"setting.A": "1"}"#, "`setting.A` is no member: write \"settings\": {\"A\": …}"),
            (#"{"priority": 1, "colour": "red"}"#, "`colour` is no member"),
            (#"{"priority": 1, "project": "shop", "tags": [], "arguments": {"any": "1"}}"#, nil), ("[]", nil),
        ])
    func unknownMembers(text: String, reason: String?) throws {
        #expect(try JobOptions.unknownMember(of: JSON(parsing: text), besides: ["project"]) == reason)
    }

    @Test("Members of a file may be numbers, flags and lists")
    func members() throws {
        let document = try JSON(
            parsing: """
                {"arguments": {"page": 2, "all": true}, "settings": {"DOWNLOAD_DELAY": 0.5}, "tags": ["a", "b"],
                 "priority": 3, "fail_if": ["items<1", "errors>0"], "time_limit": 60, "version": null, "other": 1}
                """)
        let options = try JobOptions(parsing: document)
        #expect(options.arguments.map(\.text) == ["2", "True"] && options.settings.map(\.text) == ["0.5"])
        #expect(options.tags?.count == 2 && options.rules?.count == 2 && options.limits.time == 60)
        #expect(options.priority == 3 && options.version == nil)
    }

    @Test(
        "A member of another kind is refused",
        arguments: [
            #"{"arguments": []}"#, #"{"arguments": {"a": {}}}"#, #"{"settings": "A=1"}"#, #"{"tags": [[]]}"#,
            #"{"priority": {}}"#, #"{"time_limit": 1.5}"#, #"{"arguments": {"a b": "1"}}"#,
        ])
    func wrongMembers(text: String) throws {
        let document = try JSON(parsing: text)
        #expect(throws: OptionError.self) { try JobOptions(parsing: document) }
    }

    @Test("Defaults fill what was not asked for, and off is asked for")
    func defaults() throws {
        let defaults = try options([("time-limit", "1h"), ("retries", "2"), ("fail-if", "items<1"), ("arg.a", "0")])
        let options = try options([("time-limit", "off"), ("fail-if", ""), ("priority", "9"), ("arg.b", "1")])
        let filled = options.filled(from: defaults)
        #expect(filled.limits.time == 0 && filled.rules == [] && filled.retry.count == 2 && filled.priority == 9)
        #expect(filled.arguments.map(\.name) == ["b", "a"])
    }

    @Test("A retry's delay doubles up to an hour")
    func delays() throws {
        let policy = try options([("retry-delay", "10m")]).retry
        #expect((1...5).map { policy.delay(before: $0) } == [600, 1200, 2400, 3600, 3600])
        #expect(try options([("retry-delay", "2h")]).retry.delay(before: 3) == 7200)
        #expect(RetryPolicy().delay(before: 1) == RetryPolicy.usualDelay)
        #expect(policy.delay(before: .max) == 3600)
    }
}
