internal import Glibc
public import LinuxSystem
public import SpoolModel

/// Copies of a version's code in `ready/`, made in advance: the start of a job takes one by a rename. They may be
/// missing at any time, and are useless while no engine runs.
public struct ReadyCopy: Hashable, Sendable {
    /// The directory's name in the spool's root.
    public static let directory = "ready"

    /// The kind of a name in the directory.
    private enum Kind: String {
        /// A copy for the next job.
        case ready
        /// The copy in which the project was tried at its push.
        case tried
        /// A copy for the next job in the making: from the code, or from the copy of a job that has ended.
        case copying, mending
    }

    /// The most copies of a version; each has a number.
    static let most = 8
    /// The most bytes of all copies of a version; two copies are always allowed.
    private static let mostBytes: Int64 = 384 << 20
    /// Microseconds that a start waits for a copy in the making.
    private static let patience: Int64 = 500_000

    /// The project.
    public let project: ProjectName
    private let version: Int
    private let owner: String

    /// The copies of a version for a user.
    public init(of project: ProjectName, version: Int, for account: Account?) {
        self.project = project
        self.version = version
        owner = account.map { "\($0.user)-\($0.group)" } ?? "own"
    }

    /// Parses a name in the directory; nil if it is not a ready or tried copy.
    init?(name: String) {
        let parts = name.split(separator: ".", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, let kind = Kind(rawValue: String(parts[0])), kind == .ready || kind == .tried,
            let version = Int(parts[1]), let project = ProjectName(String(parts[4]))
        else { return nil }
        self.project = project
        self.version = version
        owner = String(parts[3])
    }

    /// Whether a name in the directory belongs to a copy of a version, for any user, complete or not.
    static func isName(_ name: String, of project: ProjectName, version: Int) -> Bool {
        let parts = name.split(separator: ".", maxSplits: 4, omittingEmptySubsequences: false)
        return parts.count == 5 && Kind(rawValue: String(parts[0])) != nil && Int(parts[1]) == version
            && parts[4] == project.description
    }

    private func name(_ kind: Kind, _ number: Int = 0) -> String {
        // The raw value, since the interpolation of an enumeration reflects: that took a sixth of a shim's time to the spider.
        "\(kind.rawValue).\(version).\(number).\(owner).\(project)"
    }

    /// The name of one of the copies. It contains everything that a copy has to match.
    func name(_ number: Int) -> String { name(.ready, number) }

    /// The names of copies in the making: from the copy of a job, and from the code.
    var mending: String { name(.mending) }
    var copying: String { name(.copying) }

    /// The name of the copy in which the project was tried at its push.
    var tried: String { name(.tried) }

    // MARK: Seals

    /// Marks a copy as complete by the modification time of its directory: no clock shows this time, a copy of the copy
    /// has another inode, and a name added to the directory or removed from it changes the time.
    static func seal(_ copy: borrowing Directory) throws(SystemError) {
        try copy.descriptor.setModified(seconds: seal(of: try copy.descriptor.information()))
    }

    private static func isSealed(_ copy: borrowing Directory) -> Bool {
        guard let information = copy.descriptor.informationIfAny else { return false }
        return information.modificationTime.seconds == seal(of: information)
    }

    /// Seconds since the epoch, before 1987.
    private static func seal(of information: FileInformation) -> Int64 { Int64(information.inode & 0x1fff_ffff) }

    /// The most copies of a project of this size.
    static func most(of size: CodeCopy.Size) -> Int {
        min(max(2, Int(clamping: mostBytes / max(1, size.bytes))), most)
    }

    /// The number of copies to make. More come back from jobs that end.
    static func wanted(of size: CodeCopy.Size) -> Int { min(4, most(of: size) - 1) }

    /// Takes one of the copies; waits if one is in the making. Each copy is taken by one caller only.
    ///
    /// - Parameters:
    ///   - stock: the directory of the copies.
    ///   - name: the new name in `directory`.
    /// - Returns: whether there was one.
    func take(from stock: borrowing Directory, into directory: borrowing Directory, as name: String) -> Bool {
        let deadline = SystemClock.monotonic() + ReadyCopy.patience
        while true {
            // Checked first: a copy may become ready after its name has been tried.
            let isMade = stock.contains(mending) || stock.contains(copying)
            for number in 0..<ReadyCopy.most
            // A copy that cannot be moved is none: another job has taken it, or the start makes its own.
            where (try? stock.replace(name, in: directory, by: self.name(number))) != nil {
                if let copy = directory.directoryIfAny(name), ReadyCopy.isSealed(copy) {
                    directory.touchAsHint(name)
                    return true
                }
                // Not made by the engine, or changed since. If it cannot be removed, the job's start fails with that
                // error.
                directory.removeLeftoverTree(name)
            }
            guard isMade, SystemClock.monotonic() < deadline else { return false }
            usleep(500)
        }
    }
}
