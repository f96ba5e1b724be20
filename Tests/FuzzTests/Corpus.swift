import Glibc

/// The inputs in Tests/Fixtures/fuzz: what tools/fuzz begins with, and whatever it found.
enum Corpus {
    private static let folder = String(#filePath.dropLast("/FuzzTests/Corpus.swift".count)) + "/Fixtures/fuzz"

    /// The paths of the inputs of a target, below the folder of all.
    static func inputs(of name: String) -> [String] {
        guard let stream = opendir("\(folder)/\(name)") else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let start = UnsafeRawPointer(entry) + MemoryLayout<dirent>.offset(of: \.d_name)!
            names.append(String(cString: start.assumingMemoryBound(to: CChar.self)))
        }
        return names.filter { !$0.hasPrefix(".") }.sorted().map { "\(name)/\($0)" }
    }

    /// The bytes of an input.
    static func bytes(of path: String) -> [UInt8] {
        guard let file = fopen("\(folder)/\(path)", "re") else { return [] }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        return Array(bytes.prefix(fread(&bytes, 1, bytes.count, file)))
    }
}
