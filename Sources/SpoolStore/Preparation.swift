public import LinuxSystem
internal import SpoolModel

/// The content of `claim.<attempt>/prepared`: the version with which the attempt's `work/` was filled, and the time.
///
/// The file is written after the last copy and before the spider starts, so its time separates this program's changes
/// to a file from the job's.
public struct Preparation: Hashable, Sendable {
    /// The version of the project's code.
    public let version: Int
    /// Whether there are few copies, made for this attempt: they are cheap to remove.
    public let isSmall: Bool
    /// The end of the filling, by the filesystem's clock.
    public let instant: FileTime

    init?(parsing bytes: [UInt8], at instant: FileTime) {
        guard let document = JSON(ifValid: bytes), let version = document["version"]?.integer,
            case .bool(let isSmall) = document["small"]
        else { return nil }
        self.version = version
        self.isSmall = isSmall
        self.instant = instant
    }

    static func file(version: Int, isSmall: Bool) -> [UInt8] {
        JSON.object([JSON.Member("version", .number(version)), JSON.Member("small", .bool(isSmall))]).file
    }

    /// Whether a file of `work/` is untouched since it was copied, judged by its times.
    ///
    /// Nil if they do not decide: it was last changed at the very instant at which the filling ended.
    ///
    /// - Parameters:
    ///   - file: the file in `work/`.
    ///   - original: the file at its place in the code; nil if the code is gone.
    func leavesUntouched(_ file: FileInformation, like original: FileInformation?) -> Bool? {
        guard file.kind == .file, file.changeTime <= instant else { return false }
        if let original {
            guard original.kind == .file, original.size == file.size,
                original.modificationTime == file.modificationTime
            else { return false }
        } else {
            // A file that the job wrote is not older than the job.
            guard file.modificationTime < instant else { return false }
        }
        return file.changeTime < instant ? true : nil
    }
}
