internal import ArgumentParser
internal import SpoolModel

extension ScrapySpool {
    /// Words that users try, and the commands that they mean.
    private static let meant: [String: [String]] = [
        "list": ["projects", "spiders", "jobs"], "ls": ["projects", "spiders", "jobs"], "ps": ["jobs"],
        "schedules": ["jobs --status SCHEDULED"], "run": ["schedule"], "crawl": ["schedule"], "start": ["schedule"],
        "stop": ["cancel"], "kill": ["cancel"], "logs": ["log"], "tail": ["log --follow"], "grep": ["search"],
        "find": ["search"], "purge": ["forget"], "clean": ["forget"], "deploy": ["push"], "upload": ["push"],
        "rm": ["remove"], "delete": ["remove"],
        "server": ["serve"], "daemon": ["serve"],
        "user": ["passwd"], "users": ["passwd"], "token": ["passwd --token"], "fsck": ["check"],
        "version": ["--version"], "config": ["serve --check-config"], "restore": ["resume"], "job": ["jobs"],
    ]

    /// The message for a command line with an unknown command, or an unknown topic of `help`; nil for all others.
    static func refusalOfUnknownCommand(in words: [String]) -> String? {
        guard var word = words.first else { return nil }
        if word == "help", words.count > 1 { word = words[1] }
        let known = commandNames + ["help"]
        guard !word.hasPrefix("-"), !known.contains(word) else { return nil }
        let shown = word.prefix(60)
        let start = "there is no command `\(shown)`"
        let end = "`scrapy-spool --help` lists all commands"
        let candidates = meant[word.lowercased()] ?? Suggestion.nearest(to: word, among: known).map { [$0] } ?? []
        guard let last = candidates.last else { return "\(start): \(end)" }
        let others = candidates.dropLast().map { "`\($0)`" }.joined(separator: ", ")
        return "\(start): did you mean \(others.isEmpty ? "" : "\(others) or ")`\(last)`? \(end)"
    }

    private static var commandNames: [String] {
        (configuration.subcommands + configuration.groupedSubcommands.flatMap(\.subcommands)).map { $0._commandName }
    }
}
