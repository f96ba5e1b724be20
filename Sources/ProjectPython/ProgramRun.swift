/// How a program of a build ended.
struct ProgramRun {
    let end: GuardedRun.End
    let output: String

    /// Whether it ended by itself, with an exit status other than 0.
    var isFailure: Bool {
        if case .exit(let status) = end { return status != 0 }
        return false
    }

    /// Whether it failed for lack of room on the disk.
    var isFull: Bool { isFailure && output.contains("No space left on device") }

    /// Whether uv would have had to run the code of a package, and was not allowed to.
    var wantsSource: Bool { isFailure && ProgramRun.refusals.contains { output.contains($0) } }

    private static let refusals = [
        "uilding source distributions is disabled", "building from source is disabled", "--no-build",
    ]
}
