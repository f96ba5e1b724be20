public import LinuxSystem
internal import SpoolModel

/// What stands in `claim.<attempt>/prepared`: from which code the attempt's `work/` was filled, and when.
///
/// The file is written after the last copy was made and before the spider starts, so its time parts what this program did
/// to a file from what the job did.
public struct Preparation: Hashable, Sendable {
    /// The version of the project's code.
    public let version: Int
    /// Whether the copies are few, and were made for this attempt: they cost nothing to remove.
    public let isSmall: Bool
    /// When the filling had ended, by the filesystem's clock.
    public let instant: FileTime

    init?(parsing bytes: [UInt8], at instant: FileTime) {
        guard let document = try? JSON(parsing: bytes), let version = document["version"]?.integer,
            case .bool(let isSmall) = document["small"]
        else { return nil }
        self.version = version
        self.isSmall = isSmall
        self.instant = instant
    }

    static func file(version: Int, isSmall: Bool) -> [UInt8] {
        JSON.object([JSON.Member("version", .number(version)), JSON.Member("small", .bool(isSmall))]).file
    }

    /// Whether nobody has touched a file of `work/` since it was copied, as far as its times tell.
    ///
    /// Nil where they do not: it was last changed in the very moment in which the filling ended.
    ///
    /// - Parameters:
    ///   - file: the file in `work/`.
    ///   - original: what the code has at its place; nil where the code is gone.
    func leavesUntouched(_ file: FileInformation, like original: FileInformation?) -> Bool? {
        guard file.kind == .file, file.changeTime <= instant else { return false }
        if let original {
            guard original.kind == .file, original.size == file.size,
                original.modificationTime == file.modificationTime
            else { return false }
        } else {
            // What a job has written is not older than the job.
            guard file.modificationTime < instant else { return false }
        }
        return file.changeTime < instant ? true : nil
    }
}
