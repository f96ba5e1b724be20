internal import LinuxSystem

/// A short text in place of an archive. Usually it is the name of the file: curl sends the name instead of the file if `@` is
/// missing.
package struct ArchiveText {
    /// The most bytes that it has: a path (PATH_MAX of Linux) is not longer.
    private static let longest = 4096
    /// The most bytes of a name in it (NAME_MAX of Linux).
    private static let longestName = 255

    private let text: String

    /// Reads the field; nil if it is not one line of text.
    init?(in archive: borrowing Descriptor) throws(SystemError) {
        self.init(bytes: try archive.bytes(at: 0, limit: ArchiveText.longest + 1))
    }

    /// Reads the field; nil if it is not one line of text.
    package init?(bytes: [UInt8]) {
        guard bytes.count <= ArchiveText.longest, let text = String(validating: bytes, as: UTF8.self) else {
            return nil
        }
        // `echo NAME | curl -F archive=@-` has a line feed at its end.
        let line = text.hasSuffix("\n") ? text.dropLast() : text[...]
        let isPath = line.utf8.split(separator: UInt8(ascii: "/")).allSatisfy { $0.count <= ArchiveText.longestName }
        guard isPath, line.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else { return nil }
        self.text = String(line)
    }

    /// The reason for the refusal, and what to send instead.
    package var message: String {
        guard !text.isEmpty else {
            return "Not a valid zip archive: the field \"archive\" is empty. Send the archive's bytes in it, as in "
                + "`curl -F \(ArchiveText.field("project.zip"))`"
        }
        // `-d archive=@FILE` sends the sign as well.
        let name = text.hasPrefix("@") || text.hasPrefix("<") ? text.dropFirst() : text[...]
        let shown = text.count > 200 ? text.prefix(200) + "…" : text[...]
        return
            "Not a valid zip archive: the field \"archive\" holds the text \"\(shown)\" and no archive. To send the file "
            + "of that name with curl, write `-F \(ArchiveText.field(String(name)))`, with @ before the name"
    }

    /// The argument of `curl -F`, quoted for a shell if necessary. The inner quotes keep curl from ending the name at `,` and
    /// `;`.
    private static func field(_ name: String) -> String {
        if name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "._/-+@%".contains($0)) }) {
            return "archive=@\(name)"
        }
        let quoted = name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "'archive=@\"\(quoted.replacing("'", with: "'\\''"))\"'"
    }
}
