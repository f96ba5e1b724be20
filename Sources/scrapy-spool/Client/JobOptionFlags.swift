internal import ArgumentParser
internal import SpoolModel

/// What a job is asked for besides its spider, by the names of `schedule-job.json`.
struct JobOptionFlags: ParsableArguments {
    @Option(
        name: .customShort("a"),
        help: ArgumentHelp("An argument of the spider; may be repeated.", valueName: "name=value"))
    var arguments: [String] = []

    @Option(
        name: .customShort("s"),
        help: ArgumentHelp("A setting of the crawl; may be repeated.", valueName: "name=value"))
    var settings: [String] = []

    @Option(help: ArgumentHelp("From 0 to 9; a higher one starts first. (default: 5)", valueName: "number"))
    var priority: String?

    @Option(help: ArgumentHelp("A word by which limits count jobs; may be repeated.", valueName: "word"))
    var tag: [String] = []

    @Option(
        help: ArgumentHelp("A rule that fails the run, as items<1; may be repeated.", valueName: "rule"))
    var failIf: [String] = []

    @Option(help: ArgumentHelp("How long it may run: 90s, 15m, 2h, off.", valueName: "time"))
    var timeLimit: String?

    @Option(help: ArgumentHelp("How much memory it may use: 500M, 2G, off.", valueName: "size"))
    var memoryLimit: String?

    @Option(help: ArgumentHelp("How long it may make no progress: 10m, off.", valueName: "time"))
    var stallLimit: String?

    @Option(help: ArgumentHelp("How long its process may outlive its spider.", valueName: "time"))
    var lingerLimit: String?

    @Option(help: ArgumentHelp("How often it is tried again after a failure.", valueName: "number"))
    var retries: String?

    @Option(help: ArgumentHelp("The time before the first retry, which doubles.", valueName: "time"))
    var retryDelay: String?

    @Option(
        help: ArgumentHelp(
            "The causes of a failure after which it is tried again: \(JobOptionFlags.causes).", valueName: "causes"))
    var retryOn: String?

    @Option(help: ArgumentHelp("The version of the project, if not the current one.", valueName: "number"))
    var projectVersion: String?

    @Flag(help: "Accept a setting that replaces a dictionary of the project.")
    var force = false

    private static let causes = RetryPolicy.Cause.allCases.map(\.rawValue).joined(separator: ",")

    func validate() throws {
        for (flag, texts) in [("-a", arguments), ("-s", settings)] {
            if let text = texts.first(where: { !$0.contains("=") }) {
                throw ValidationError("\(flag) takes NAME=VALUE, not '\(text)'.")
            }
        }
    }

    /// The fields of `schedule-job.json`.
    var fields: [(String, String)] {
        func named(_ texts: [String], _ prefix: String) -> [(String, String)] {
            // Of a name that is given twice the last one holds, as with Scrapy; the server takes the first.
            var fields: [(name: String, text: String)] = []
            for text in texts {
                let name = prefix + text.prefix { $0 != "=" }
                fields.removeAll { $0.name == name }
                fields.append((name, String(text.drop { $0 != "=" }.dropFirst())))
            }
            return fields
        }
        let single = [
            ("priority", priority), ("time-limit", timeLimit), ("memory-limit", memoryLimit),
            ("stall-limit", stallLimit), ("linger-limit", lingerLimit), ("retries", retries),
            ("retry-delay", retryDelay), ("retry-on", retryOn), ("version", projectVersion),
            ("tags", tag.isEmpty ? nil : tag.joined(separator: ",")),
            ("fail-if", failIf.isEmpty ? nil : failIf.joined(separator: ",")), ("force", force ? "1" : nil),
        ]
        return named(arguments, "arg.") + named(settings, "setting.")
            + single.compactMap { name, text in text.map { (name, $0) } }
    }
}
