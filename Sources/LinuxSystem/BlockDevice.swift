internal import CLinux
internal import Glibc

/// The identity of a block device, independent of its current number and name. It distinguishes a filesystem from a
/// copy of its blocks.
public struct BlockDevice: Hashable, Sendable {
    /// The kind of device and its id: `dm LVM-…` (the uuid of the device mapper), `md …`, `loop INODE.BIRTH PATH` (the
    /// backing file), `plain` for a disk; a partition adds its number, as in `#2`.
    public let volume: String
    /// The ids of the underlying disks (wwid or serial number), with `#2` for a partition. Empty if a disk has no id,
    /// or only one that many virtual disks share.
    public let disks: Set<String>

    /// Looks up the device with a number (stat(2), st_dev or st_rdev) in /sys; nil if it is not there.
    public init?(number: UInt64) {
        guard let place = BlockDevice.path("/sys/dev/block/\(clinux_major(number)):\(clinux_minor(number))") else {
            return nil
        }
        volume = BlockDevice.volume(place)
        disks = BlockDevice.disks(place, depth: 0)
    }

    /// The kernel's name of the device with a number, such as `sda1` or `dm-0`; nil if it is not in /sys.
    static func name(ofNumber number: UInt64) -> String? {
        path("/sys/dev/block/\(clinux_major(number)):\(clinux_minor(number))")?
            .split(separator: "/").last.map(String.init)
    }

    /// The device that a filesystem is mounted from, where the file's device number does not give it, as on btrfs.
    public init?(path: String) {
        var result = stat()
        guard path.hasPrefix("/"), stat(path, &result) == 0, result.st_mode & S_IFMT == S_IFBLK else { return nil }
        self.init(number: UInt64(result.st_rdev))
    }

    private static func volume(_ place: String) -> String {
        if let uuid = line("\(place)/dm/uuid") {
            // The name at the end of an encrypted device's uuid is chosen by the user that opens it.
            let words = uuid.split(separator: "-")
            return "dm " + (words.first == "CRYPT" ? words.prefix(3).joined(separator: "-") : uuid)
        }
        if let number = line("\(place)/partition") {
            return volume(above(place)) + "#" + number
        }
        if let uuid = line("\(place)/md/uuid") { return "md " + uuid }
        if let file = line("\(place)/loop/backing_file") { return "loop " + LoopFile(file).description }
        return "plain"
    }

    private static func disks(_ place: String, depth: Int) -> Set<String> {
        guard depth < 8 else { return [] }
        if let number = line("\(place)/partition") {
            return Set(disks(above(place), depth: depth + 1).map { "\($0)#\(number)" })
        }
        // A device without parts has no such directory.
        let parts = (try? Directory(path: "\(place)/slaves").names()) ?? []
        if !parts.isEmpty {
            return parts.reduce(into: []) { found, part in
                if let part = path("\(place)/slaves/\(part)") { found.formUnion(disks(part, depth: depth + 1)) }
            }
        }
        for name in ["wwid", "device/wwid", "serial", "device/serial", "device/cid"] {
            guard let id = line("\(place)/\(name)") else { continue }
            // QEMU's disks have these serial numbers on every machine.
            if !id.contains("QM0000") { return [id] }
        }
        return []
    }

    private static func above(_ place: String) -> String {
        place.lastIndex(of: "/").map { String(place[..<$0]) } ?? place
    }

    private static func path(_ link: String) -> String? {
        guard let real = realpath(link, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    /// The first line of a file of /sys, with single spaces; nil if it is missing or empty.
    private static func line(_ path: String) -> String? {
        guard let content = Host.content(ofSystemFile: path, limit: 1 << 16) else { return nil }
        let words = content.prefix { $0 != UInt8(ascii: "\n") }.split { $0 == UInt8(ascii: " ") || $0 == 0 }
        let text = words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
        return text.isEmpty ? nil : text
    }
}

/// The backing file of a loop device.
private struct LoopFile: CustomStringConvertible {
    let description: String

    init(_ path: String) {
        let number = clinux_open_path(path)
        guard number >= 0 else {
            description = "- \(Mount.escaped(path))"
            return
        }
        let file = Descriptor(owning: number)
        let inode = (file.informationIfAny?.inode).map(String.init) ?? "-"
        description = "\(inode).\(file.birth.map(String.init) ?? "-") \(Mount.escaped(path))"
    }
}
