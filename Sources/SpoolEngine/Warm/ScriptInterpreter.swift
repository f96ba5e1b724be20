internal import LinuxSystem

/// The Python of a script, as pip and Debian's packages write it: `#!`, an absolute path, nothing else.
package enum ScriptInterpreter {
    /// The most bytes of a first line: Linux takes 256 (execve(2)).
    private static let longestLine = 256

    /// The interpreter of a script; nil if it has another form.
    static func path(of script: String) -> String? {
        // A script that cannot be read has none.
        guard let bytes = try? Descriptor(reading: script).read(count: longestLine, at: 0) else { return nil }
        return path(inFirstLineOf: bytes)
    }

    /// The interpreter in the first line of a text; nil if it has another form. An option, such as `-I`, is one.
    package static func path(inFirstLineOf text: [UInt8]) -> String? {
        guard text.starts(with: [UInt8(ascii: "#"), UInt8(ascii: "!")]),
            let end = text.firstIndex(of: UInt8(ascii: "\n"))
        else { return nil }
        let blanks: Set<UInt8> = [UInt8(ascii: " "), UInt8(ascii: "\t")]
        var line = text[2..<end].drop { blanks.contains($0) }
        while let last = line.last, blanks.contains(last) { line.removeLast() }
        guard line.first == UInt8(ascii: "/"), line.allSatisfy({ $0 > 0x20 }),
            let path = String(validating: line, as: UTF8.self),
            path.split(separator: "/").last?.hasPrefix("python") == true
        else { return nil }
        return path
    }
}
