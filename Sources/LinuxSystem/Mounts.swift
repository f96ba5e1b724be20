/// The kernel's mount table (proc_pid_mountinfo(5)).
public enum Mounts {
    /// The type of the filesystem that contains an open file.
    ///
    /// - Parameters:
    ///   - facts: the content of /proc/self/fdinfo/N, which has a line `mnt_id:` (proc_pid_fdinfo(5)).
    ///   - mounts: the content of /proc/self/mountinfo.
    public static func filesystem(facts: [UInt8], mounts: [UInt8]) -> String? {
        let newline = UInt8(ascii: "\n"), space = UInt8(ascii: " ")
        let label = Array("mnt_id:".utf8)
        guard let line = facts.split(separator: newline).first(where: { $0.starts(with: label) }),
            let id = line.dropFirst(label.count).split(whereSeparator: { $0 == space || $0 == UInt8(ascii: "\t") })
                .first
        else { return nil }
        for mount in mounts.split(separator: newline) {
            let fields = mount.split(separator: space)
            // A variable number of fields ends with a dash; the filesystem's type comes next.
            guard fields.first?.elementsEqual(id) == true,
                let dash = fields.dropFirst(6).firstIndex(where: { $0.elementsEqual([UInt8(ascii: "-")]) }),
                dash + 1 < fields.endIndex
            else { continue }
            return String(decoding: fields[dash + 1], as: UTF8.self)
        }
        return nil
    }
}
