internal import ArgumentParser
internal import LinuxSystem
internal import Logging
internal import SpoolClient
internal import SpoolConfiguration
internal import SpoolHooks
internal import SpoolModel

/// What can be done with hooks.
struct HookCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hook", abstract: "Try hooks, which report the ends of jobs.", subcommands: [HookTest.self])
}

/// Sends a test message to a hook.
struct HookTest: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Send a test message to a hook, and print what its receiver answers.",
        discussion: """
            Needs no server and no spool: it reads the configuration as `serve` does, sends one message of an event that the \
            hook wants, signed if it has a secret, and runs the command of `on-end` or `on-failure`. The message is about no \
            job, which its summary says. It is not tried again.

            Example: scrapy-spool hook test slack --config /etc/scrapy-spool/scrapy-spool.conf

            Exit status: 0 the receiver has taken it; 1 it has not; 64 there is no such hook; 78 the configuration cannot be \
            used.
            """)

    @Argument(help: "The name of the hook: that of its section, on-end or on-failure.")
    var name: String

    @Option(name: .shortAndLong, help: ArgumentHelp("The server's configuration file.", valueName: "file"))
    var config: String?

    func run() throws {
        let configuration: Configuration
        let settings: HookSettings
        do {
            configuration = try Serve.configuration(config, [])
            let hook = configuration.hooks.first { $0.name.description == name }
            guard let hook else {
                let names = configuration.hooks.map(\.name.description).joined(separator: ", ")
                throw refusal(
                    "there is no hook \(name.printable()) in \(config ?? "the environment"); "
                        + (names.isEmpty ? "there is none at all" : "its hooks are \(names)"), ExitStatus.usage)
            }
            settings = try Settings.hooks(trying: hook, configuration)
        } catch let error as ConfigurationError {
            throw refusal("\(error)", ExitStatus.configuration)
        }
        // A command that does not read its input ends the writing, not this program.
        Host.ignoreBrokenPipes()
        guard let hook = settings.hooks.first else { return }
        let outcome = HookTrial(settings).send(to: hook)
        let text = String(decoding: outcome.output, as: UTF8.self).printable(keepingLines: true)
        try Terminal.put("\(hook.name): \(outcome.sentence)\n")
        if !text.isEmpty { try Terminal.put(text.hasSuffix("\n") ? text : "\(text)\n") }
        if !outcome.isTaken { throw ExitCode.failure }
    }
}
