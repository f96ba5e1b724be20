internal import CLinux
internal import Glibc

/// The numeric ids of a user of this machine (credentials(7)), for work done as that user.
public struct Account: Hashable, Sendable {
    /// The user id.
    public let user: UInt32
    /// The id of the user's primary group.
    public let group: UInt32
    /// The ids of all groups of the user.
    public let groups: [UInt32]

    /// Parses the form of ``description``; nil for any other text.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let user = UInt32(parts[0]), let group = UInt32(parts[1]) else { return nil }
        let groups = parts[2].split(separator: ",").map { UInt32($0) }
        guard groups.allSatisfy({ $0 != nil }) else { return nil }
        self.user = user
        self.group = group
        self.groups = groups.compactMap { $0 }
    }

    init(user: UInt32, group: UInt32, groups: [UInt32]) {
        self.user = user
        self.group = group
        self.groups = groups
    }

    /// The owner of a directory (stat(2)), with the groups that the user database has; of an owner that it does not know, with
    /// the directory's group. nil if there is no directory.
    public init?(owning path: String) {
        // Without a directory, or where it cannot be looked at, nobody is its owner.
        guard let place = try? Directory(path: path).descriptor.information() else { return nil }
        let entry = AccountEntry.name(of: place.owner).flatMap { AccountEntry(named: $0) }
        self = entry?.account ?? Account(user: place.owner, group: place.group, groups: [place.group])
    }

    /// The error that keeps the user from following a path to its end; nil if there is none. Only root can check this.
    public func obstacle(to path: String) -> SystemError? {
        let code = withCredentials { clinux_reach(path, $0) }
        return code == 0 ? nil : SystemError(code: code, operation: "get to \(path)")
    }

    func withCredentials<Result>(_ body: (UnsafePointer<clinux_credentials>) -> Result) -> Result {
        groups.withUnsafeBufferPointer { numbers in
            var credentials = clinux_credentials(
                user: user, group: group, groups: numbers.baseAddress, group_count: Int32(numbers.count))
            return body(&credentials)
        }
    }
}

extension Account: CustomStringConvertible {
    /// `USER:GROUP:GROUP,GROUP,…` in numbers.
    public var description: String { "\(user):\(group):\(groups.map(String.init).joined(separator: ","))" }
}

/// A user's entry in the machine's user database (passwd(5)).
public struct AccountEntry: Sendable {
    /// The numeric ids.
    public let account: Account
    /// The name.
    public let name: String
    /// The home directory.
    public let home: String
    /// The shell.
    public let shell: String

    /// The name of a user by id (getpwuid_r(3)); nil if there is none.
    public static func name(of user: UInt32) -> String? {
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 1 << 16)
        guard getpwuid_r(user, &record, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return String(cString: record.pw_name)
    }

    /// Looks up a user by name (getpwnam_r(3), getgrouplist(3)); nil if there is none.
    public init?(named name: String) {
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 1 << 16)
        guard getpwnam_r(name, &record, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        var count: Int32 = 1 << 16
        var groups = [gid_t](repeating: 0, count: Int(count))
        guard getgrouplist(name, record.pw_gid, &groups, &count) >= 0 else { return nil }
        account = Account(user: record.pw_uid, group: record.pw_gid, groups: Array(groups.prefix(Int(count))))
        self.name = name
        home = String(cString: record.pw_dir)
        shell = String(cString: record.pw_shell)
    }
}
