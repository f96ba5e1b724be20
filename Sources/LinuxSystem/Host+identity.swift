internal import Glibc

extension Host {
    /// The id of this installation of the system (machine-id(5)); nil if there is none.
    public static func machineID() -> String? {
        guard let content = content(ofSystemFile: "/etc/machine-id", limit: 4096) else { return nil }
        let id = String(decoding: content.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        let isID = id.utf8.count == 32 && id.allSatisfy(\.isHexDigit) && !id.allSatisfy { $0 == "0" }
        return isID ? id.lowercased() : nil
    }

    /// A hash of a machine id with half of its bits (FNV-1a), from which the id cannot be computed. The id itself
    /// should stay confidential (machine-id(5)).
    public static func digest(ofMachineID id: String?) -> String? {
        guard let id else { return nil }
        let start: UInt64 = 0xcbf2_9ce4_8422_2325
        return String("scrapy-spool \(id)".utf8.reduce(start) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }, radix: 16)
    }

    /// Whether this process is in a container, judged by the files and the variable that the usual container managers
    /// leave.
    public static func isContainer() -> Bool {
        let marks = ["/.dockerenv", "/run/.containerenv", "/run/systemd/container"]
        return marks.contains { access($0, F_OK) == 0 } || environment("container") != nil
    }
}
