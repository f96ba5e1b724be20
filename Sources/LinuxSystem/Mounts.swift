/// The kernel's list of mounts (proc_pid_mountinfo(5)).
public enum Mounts {
    /// The name of the filesystem that an open file is on.
    ///
    /// - Parameters:
    ///   - facts: /proc/self/fdinfo/N of the file, which has a line `mnt_id:` (proc_pid_fdinfo(5)).
    ///   - mounts: /proc/self/mountinfo.
    public static func filesystem(facts: [UInt8], mounts: [UInt8]) -> String? {
        let newline = UInt8(ascii: "\n"), space = UInt8(ascii: " ")
        let label = Array("mnt_id:".utf8)
        guard let line = facts.split(separator: newline).first(where: { $0.starts(with: label) }),
            let id = line.dropFirst(label.count).split(whereSeparator: { $0 == space || $0 == UInt8(ascii: "\t") })
                .first
        else { return nil }
        for mount in mounts.split(separator: newline) {
            let fields = mount.split(separator: space)
            // Fields whose number varies end with a dash; the filesystem's name comes next.
            guard fields.first?.elementsEqual(id) == true,
                let dash = fields.dropFirst(6).firstIndex(where: { $0.elementsEqual([UInt8(ascii: "-")]) }),
                dash + 1 < fields.endIndex
            else { continue }
            return String(decoding: fields[dash + 1], as: UTF8.self)
        }
        return nil
    }
}
