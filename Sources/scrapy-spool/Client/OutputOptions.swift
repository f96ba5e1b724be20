internal import ArgumentParser

/// `--json`, for the commands that show what the server answered.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print the server's answers as they come, one JSON dictionary a line, those that refuse as well.")
    var json = false
}
