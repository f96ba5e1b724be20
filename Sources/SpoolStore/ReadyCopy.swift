internal import Glibc
public import LinuxSystem
public import SpoolModel

/// Copies of a version's code in `ready/`, made before anybody asks for one: the next start of a job takes one by a rename.
/// They may be missing at any time, and are rubbish when no engine runs.
public struct ReadyCopy: Hashable, Sendable {
    /// The directory's name in the spool's root.
    public static let directory = "ready"

    /// What a name in the directory stands for.
    private enum Kind: String {
        /// A copy for the next job.
        case ready
        /// The copy in which the project was tried at its push.
        case tried
        /// What is becoming a copy for the next job: the code, and the copy of a job that has ended.
        case copying, mending
    }

    /// The most that there are of a version, each with a number.
    static let most = 8
    /// Bytes that the copies of a version may have in all, unless they are two.
    private static let mostBytes: Int64 = 384 << 20
    /// Microseconds for which a start waits for a copy that is being made.
    private static let patience: Int64 = 500_000

    /// Whose code it is.
    public let project: ProjectName
    private let version: Int
    private let owner: String

    /// The copies of a version for a user.
    public init(of project: ProjectName, version: Int, for account: Account?) {
        self.project = project
        self.version = version
        owner = account.map { "\($0.user)-\($0.group)" } ?? "own"
    }

    /// Reads a name in the directory; nil for what is no copy that is ready or was tried.
    init?(name: String) {
        let parts = name.split(separator: ".", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, let kind = Kind(rawValue: String(parts[0])), kind == .ready || kind == .tried,
            let version = Int(parts[1]), let project = ProjectName(String(parts[4]))
        else { return nil }
        self.project = project
        self.version = version
        owner = String(parts[3])
    }

    private func name(_ kind: Kind, _ number: Int = 0) -> String {
        "\(kind).\(version).\(number).\(owner).\(project)"
    }

    /// The name of one of the copies, which says all that it has to fit.
    func name(_ number: Int) -> String { name(.ready, number) }

    /// The names of copies that are being made: of one that a job has worked in, and of the code.
    var mending: String { name(.mending) }
    var copying: String { name(.copying) }

    /// The name of the copy in which the project was tried at its push.
    var tried: String { name(.tried) }

    /// How many copies there may be of so much code.
    static func most(of size: CodeCopy.Size) -> Int {
        min(max(2, Int(clamping: mostBytes / max(1, size.bytes))), most)
    }

    /// How many copies are made: where jobs end, theirs come back.
    static func wanted(of size: CodeCopy.Size) -> Int { min(4, most(of: size) - 1) }

    /// Takes one of the copies, and waits for one that is being made. One of those who try gets it.
    ///
    /// - Parameters:
    ///   - stock: the directory of the copies.
    ///   - name: what it is called in `directory` from then on.
    /// - Returns: whether there was one.
    func take(from stock: borrowing Directory, into directory: borrowing Directory, as name: String) -> Bool {
        let deadline = Machine.steadyClock() + ReadyCopy.patience
        while true {
            // Looked for first: it may be ready when the names of the others have been tried.
            let isMade = stock.contains(mending) || stock.contains(copying)
            for number in 0..<ReadyCopy.most
            where (try? stock.replace(name, in: directory, by: self.name(number))) != nil {
                return true
            }
            guard isMade, Machine.steadyClock() < deadline else { return false }
            usleep(500)
        }
    }
}
