/// Locks: the requirements of a project's file, as exact versions with hashes.
extension BuildPlace {
    /// Resolves requirements for this Python, with hashes.
    func compile(
        _ inputs: [String], _ source: Requirements?, for file: String
    ) throws(EnvironmentFailure) -> String {
        let words =
            [
                uv, "pip", "compile", "--no-config", "--quiet", "--python", build.python.path, "--generate-hashes",
                "--no-annotate", "--no-header", "--output-file", BuildPlace.result,
            ] + options(source) + inputs
        return try output(BuildPlace.result, of: words, source, file)
    }

    /// Exports a uv.lock that fits its pyproject.toml.
    func exportUVLock(_ file: PackageFile) throws(EnvironmentFailure) -> String {
        let words =
            [
                uv, "export", "--quiet", "--locked", "--no-dev", "--no-emit-project", "--no-editable", "--no-annotate",
                "--no-header", "--format", "requirements.txt", "--python", build.python.path, "--output-file",
                BuildPlace.converted,
            ] + options(nil)
        // For the metadata of the project and of its workspace uv 0.13 builds them, whatever --no-build says.
        return try output(
            BuildPlace.converted, of: words, nil, file.path, isOfflineFirst: true, runsCode: true)
    }

    /// Checks that a lock of PEP 751 takes packages only from the project and from the network.
    func checkPaths(of file: PackageFile) throws(EnvironmentFailure) {
        let words = [build.python.path, "-I", "-S", "-c", PylockPaths.program, file.path]
        try check(run(words, nil, in: own), .lock, file.path)
    }

    /// Turns the lock of another tool into requirements.
    func convert(_ file: PackageFile) throws(EnvironmentFailure) -> String {
        own.remove(BuildPlace.converted)
        let words = [build.python.path, "-I", "-S", "-c", LockConversion.program, file.path, BuildPlace.converted]
        try check(run(words, nil, in: own), .lock, file.path)
        return try read(BuildPlace.converted, in: own)
    }
}
