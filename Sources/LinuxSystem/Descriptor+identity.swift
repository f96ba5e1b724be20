internal import CLinux
internal import Glibc

/// Facts that distinguish a file or filesystem from another one with the same content.
extension Descriptor {
    /// The creation time in nanoseconds since the epoch (statx(2), stx_btime); nil if the filesystem does not record
    /// it. Programs cannot set it: a copy has another one, a snapshot has the same.
    public var birth: Int64? {
        var nanoseconds: Int64 = 0
        return clinux_birth(number, &nanoseconds) == 1 ? nanoseconds : nil
    }

    /// The number of the btrfs subvolume that contains the file; nil on other filesystems.
    public var subvolume: UInt64? {
        var subvolume: UInt64 = 0
        return clinux_subvolume(number, &subvolume) == 1 ? subvolume : nil
    }

    /// The time at which the btrfs subvolume that contains the file was created as a snapshot, in nanoseconds since the
    /// epoch; nil if it is not a snapshot. Files in it are older unless they were created there since.
    public var snapshotBirth: Int64? {
        var nanoseconds: Int64 = 0
        return clinux_snapshot_birth(number, &nanoseconds) == 1 ? nanoseconds : nil
    }

    /// The filesystem's type, as the magic number of statfs(2), and its id, f_fsid, which some types change with each
    /// mount.
    public func filesystem() throws(SystemError) -> (kind: UInt64, id: UInt64) {
        var (kind, id): (UInt64, UInt64) = (0, 0)
        _ = try retrying("look at the filesystem") { clinux_filesystem(number, &kind, &id) }
        return (kind, id)
    }

    /// The value of an extended attribute (xattr(7)) of at most 4096 bytes; nil if the file has none with this name.
    ///
    /// Throws EOPNOTSUPP if the filesystem does not support extended attributes.
    public func attribute(_ name: String) throws(SystemError) -> [UInt8]? {
        var value = [UInt8](repeating: 0, count: 4096)
        do throws(SystemError) {
            let count = try retrying("read the attribute \(name)") {
                value.withUnsafeMutableBytes { clinux_get_attribute(number, name, $0.baseAddress, $0.count) }
            }
            return Array(value[..<count])
        } catch {
            if error.code == ENODATA { return nil }
            throw error
        }
    }

    /// Sets an extended attribute of the file.
    public func setAttribute(_ name: String, _ value: [UInt8]) throws(SystemError) {
        _ = try retrying("set the attribute \(name)") {
            value.withUnsafeBytes { clinux_set_attribute(number, name, $0.baseAddress, $0.count) }
        }
    }

    /// Changes the owner and the group (fchown(2)).
    public func setOwner(_ user: UInt32, group: UInt32) throws(SystemError) {
        _ = try retrying("change the owner of a file") { fchown(number, user, group) }
    }

    /// Changes the permission bits (fchmod(2)).
    public func setPermissions(_ bits: UInt32) throws(SystemError) {
        _ = try retrying("change the mode of a file") { fchmod(number, mode_t(bits)) }
    }

    /// Sets the times of the last modification and of the last access (futimens(2)).
    public func setModified(_ time: FileTime) throws(SystemError) {
        let times = [time.timespec, time.timespec]
        _ = try retrying("change the time of a file") { futimens(number, times) }
    }

    /// Sets the times of modification and of the last access to a whole second since the epoch.
    public func setModified(seconds: Int64) throws(SystemError) {
        try setModified(FileTime(timespec(tv_sec: Int(seconds), tv_nsec: 0)))
    }
}
