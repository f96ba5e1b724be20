internal import Glibc
internal import LinuxSystem

/// The Python of a script, as pip and Debian's packages write it (`#!`, an absolute path, nothing else), or uv for an
/// environment that can be moved: a program of the shell that runs the Python beside it.
package enum ScriptInterpreter {
    /// The most bytes of a first line: Linux takes 256 (execve(2)).
    private static let longestLine = 256

    /// The facts of a script's file; nil if it cannot be read.
    static func facts(of script: String) -> FileInformation? { try? Descriptor(reading: script).information() }

    /// The interpreter of a script; nil if it has another form.
    static func path(of script: String) -> String? {
        // A script that cannot be read has none.
        guard let bytes = try? Descriptor(reading: script).read(count: longestLine, at: 0) else { return nil }
        guard let name = name(beside: bytes) else { return path(inFirstLineOf: bytes) }
        guard let resolved = realpath(script, nil) else { return nil }
        defer { free(resolved) }
        let directory = String(cString: resolved).split(separator: "/", omittingEmptySubsequences: false).dropLast()
        return (directory + [name]).joined(separator: "/")
    }

    /// The name of the Python that a script runs from its own directory; nil if it has another form.
    package static func name(beside text: [UInt8]) -> String.SubSequence? {
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let (before, after) = (#"'''exec' "$(dirname -- "$(realpath -- "$0")")"/'"#, #"' "$0" "$@""#)
        guard lines.count > 3, lines[0] == "#!/bin/sh", lines[2] == "' '''",
            lines[1].hasPrefix(before), lines[1].hasSuffix(after)
        else { return nil }
        let name = lines[1].dropFirst(before.count).dropLast(after.count)
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."): true
            default: false
            }
        }
        return name.hasPrefix("python") && isPlain ? name : nil
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
