internal import LinuxSystem

/// The owner and the permission bits of an entry of the tree.
struct Access {
    /// The entry's attributes.
    let information: FileInformation
    /// Its path below the spool's root.
    let path: String

    /// The access findings: an owner other than the spool's, a mode that admits others or keeps the owner out.
    func findings(_ context: CheckContext) -> [Finding] {
        guard information.kind == .file || information.kind == .directory else { return [] }
        var findings: [Finding] = []
        // Entries with the guests' group may belong to another user: only root can set that group.
        if information.owner != context.owner, information.group != context.guests {
            findings.append(
                Finding(
                    path, .warning, "it belongs to user \(information.owner), the spool to user \(context.owner)",
                    .owner(context.owner)))
        }
        let full: UInt32 = information.kind == .directory ? 0o700 : 0o600
        let bits = information.permissions
        // Guests have no write permission.
        let granted: UInt32 = information.group == context.guests ? 0o050 : 0
        let right = bits & (0o700 | granted) | full
        if bits & 0o077 & ~granted != 0 {
            findings.append(Finding(path, .warning, "others can use it (mode 0\(octal(bits)))", .mode(right)))
        } else if bits & full != full {
            findings.append(Finding(path, .warning, "its owner cannot use it (mode 0\(octal(bits)))", .mode(right)))
        }
        return findings
    }

    private func octal(_ bits: UInt32) -> String { String(bits, radix: 8) }
}
