/// Whether a filesystem keeps the order of changes over a loss of power: where a later change of a name is found, all earlier
/// ones are as well, with the content of files that was written to the disk before it.
public enum FilesystemOrder {
    /// - Parameters:
    ///   - kind: the filesystem's type, as the magic number of statfs(2).
    ///   - journalTask: the content of /sys/fs/ext4/DEVICE/journal_task: a number where ext4 has a journal, else `<none>`
    ///     (fs/ext4/sysfs.c); nil if that cannot be read.
    public static func isKept(by kind: UInt64, journalTask: [UInt8]?) -> Bool {
        switch kind {
        case xfs: true
        case ext4: journalTask?.first.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } == true
        default: false
        }
    }

    /// XFS_SUPER_MAGIC of linux/magic.h.
    static let xfs: UInt64 = 0x5846_5342
    /// EXT4_SUPER_MAGIC of linux/magic.h, which ext2 and ext3 have as well.
    static let ext4: UInt64 = 0xef53
}

extension Directory {
    /// ``FilesystemOrder`` of the filesystem that the directory is in; false where that cannot be found out.
    public func keepsOrder() -> Bool {
        do throws(SystemError) {
            let kind = try descriptor.filesystem().kind
            return FilesystemOrder.isKept(by: kind, journalTask: kind == FilesystemOrder.ext4 ? try journalTask() : nil)
        } catch {
            // The slower way is right everywhere.
            return false
        }
    }

    private func journalTask() throws(SystemError) -> [UInt8]? {
        guard let name = BlockDevice.name(ofNumber: try descriptor.information().device) else { return nil }
        return Host.content(ofSystemFile: "/sys/fs/ext4/\(name)/journal_task", limit: 64)
    }
}
