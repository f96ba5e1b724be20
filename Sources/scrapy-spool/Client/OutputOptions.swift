internal import ArgumentParser

/// `--json`, for the commands that show the server's answers.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print the server's answers as they come, one JSON dictionary a line, those that refuse as well.")
    var json = false
}
