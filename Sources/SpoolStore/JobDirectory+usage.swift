internal import LinuxSystem
internal import SpoolModel

extension JobDirectory {
    /// Bytes that a directory counts as, and those of a block of `st_blocks` (stat(2)).
    private static let entry: Int64 = 4096, block: Int64 = 512

    /// Bytes of the disk that the files in the directory and below it take; holes take none. The size of a file is divided
    /// by its number of hard links. Entries that cannot be read are left out, and so are those more than 64 directories deep.
    public var diskUsage: Int64 { JobDirectory.usage(of: directory, depth: 64) }

    private static func usage(of directory: borrowing Directory, depth: Int) -> Int64 {
        var total = entry
        for (name, _) in directory.entriesIfAny() {
            guard let (information, blocks) = directory.usageIfAny(name) else { continue }
            if information.kind != .directory {
                total = total.addedSaturating(
                    blocks.multipliedSaturating(by: block) / Int64(clamping: max(1, information.links)))
            } else if depth > 0, let below = directory.directoryIfAny(name) {
                total = total.addedSaturating(usage(of: below, depth: depth - 1))
            }
        }
        return total
    }
}
