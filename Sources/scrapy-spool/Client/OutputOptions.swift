internal import ArgumentParser

/// `--json`, for the commands that show the server's answers.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print the server's answers unchanged, one JSON dictionary a line, refusals too.")
    var json = false
}
