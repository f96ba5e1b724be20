public import LinuxSystem
public import SpoolModel

/// A digest of the facts from stat(2) about the content of a job's `status` and `metadata.json`: inodes, lengths, and
/// the times of the last change of the content. By it a change by hand is noticed while a server runs.
///
/// Device numbers are not part of it: those of some filesystems are others after a reboot.
public struct JobStamp: Hashable, Sendable {
    /// The digest.
    public let value: UInt64

    /// A stamp that no job has.
    public static let unknown = JobStamp(value: 0)

    init(value: UInt64) { self.value = value }
}

/// The present stamp of a job, and more facts from stat(2).
public struct JobSnapshot: Hashable, Sendable {
    /// The stamp; unknown if one of the files is missing or not a regular file.
    public let stamp: JobStamp
    /// A digest of the same facts and of the times of the last change of the inodes, which only the system sets: whatever
    /// writes, replaces or restores one of the two files changes it, also where the time of the content is set back. So does a
    /// hard link. 0 with an unknown stamp.
    public let seal: UInt64
    /// The time of the last change of the two inodes, in nanoseconds since the epoch.
    private let changed: Int64

    init(_ status: FileInformation?, _ metadata: FileInformation?) {
        guard let status, let metadata, status.kind == .file, metadata.kind == .file else {
            (stamp, seal, changed) = (.unknown, 0, .max)
            return
        }
        var digest = Digest64()
        for file in [status, metadata] {
            digest.add(file.inode)
            digest.add(UInt64(bitPattern: file.size))
            digest.add(UInt64(bitPattern: file.modified))
        }
        stamp = JobStamp(value: max(1, digest.value))
        digest.add(UInt64(bitPattern: status.changed))
        digest.add(UInt64(bitPattern: metadata.changed))
        seal = max(1, digest.value)
        changed = max(status.changed, metadata.changed)
    }

    /// Whether each later change has another seal: the last one is longer ago than the clock of a filesystem takes from one time
    /// to the next. Two seconds are the coarsest (FAT); of a tree that other machines write to, clocks may differ.
    ///
    /// - Parameters:
    ///   - instant: the time before the files were looked at.
    ///   - margin: so many microseconds.
    public func isSettled(at instant: Timestamp, margin: Int64) -> Bool {
        stamp != .unknown && changed / 1000 < instant.microseconds.addedSaturating(-margin)
    }
}

/// A digest of words against damage by chance: each step can be undone, so that one wrong word always shows, and more of them
/// all but once in 2^64.
struct Digest64 {
    private(set) var value: UInt64 = 0x9e37_79b9_7f4a_7c15

    mutating func add(_ word: UInt64) {
        value = (value ^ word) &* 0xbf58_476d_1ce4_e5b9
        value ^= value >> 31
    }

    /// Adds bytes, and their number.
    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        add(UInt64(bytes.count))
        var offset = 0
        while offset + 8 <= bytes.count {
            add(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            offset += 8
        }
        guard offset < bytes.count else { return }
        var word: UInt64 = 0
        for index in offset..<bytes.count { word = word << 8 | UInt64(bytes[index]) }
        add(word)
    }
}

extension JobDirectory {
    /// The present stamp of the job.
    public var snapshot: JobSnapshot {
        JobSnapshot(directory.informationIfAny("status"), directory.informationIfAny("metadata.json"))
    }
}

extension Spool {
    /// Jobs from which on several threads look: fewer are looked at faster than threads start.
    private static let fewJobs = 512

    /// The present stamps of jobs of a day, in their order. Blocks on the disk.
    ///
    /// - Parameter threads: how many threads look at many jobs: a disk answers several at once.
    public func snapshots(of ids: [JobID], in day: borrowing Directory, by threads: Int = 4) -> [JobSnapshot] {
        // Without another descriptor this thread looks alone.
        guard ids.count >= Spool.fewJobs, threads > 1, let shared = try? SharedDirectory(day.duplicate()) else {
            return Spool.snapshots(of: ids[...], in: day)
        }
        return Spool.snapshots(of: ids[...], in: shared, by: threads)
    }

    private static func snapshots(
        of ids: ArraySlice<JobID>, in day: SharedDirectory, by threads: Int
    ) -> [JobSnapshot] {
        guard threads > 1 else { return snapshots(of: ids, in: day.directory) }
        let half = ids.count / 2
        let (one, other) = atOnce(
            { snapshots(of: ids.prefix(half), in: day, by: threads / 2) }, onThread: "job stamps",
            { snapshots(of: ids.dropFirst(half), in: day, by: threads / 2) })
        return one + other
    }

    private static func snapshots(of ids: ArraySlice<JobID>, in day: borrowing Directory) -> [JobSnapshot] {
        var status = JobFilePath("status")
        var metadata = JobFilePath("metadata.json")
        var snapshots: [JobSnapshot] = []
        snapshots.reserveCapacity(ids.count)
        for id in ids {
            status.set(id)
            metadata.set(id)
            snapshots.append(JobSnapshot(day.informationIfAny(status), day.informationIfAny(metadata)))
        }
        return snapshots
    }
}

/// A directory that several threads use.
private final class SharedDirectory: Sendable {
    let directory: Directory

    init(_ directory: consuming Directory) { self.directory = directory }
}

/// The path of a file of a job below its day, written over for one job after the other.
private struct JobFilePath: PathBytes {
    private var bytes: [CChar]

    init(_ name: String) {
        bytes = [CChar](repeating: 0x2d, count: 36) + "/\(name)".utf8.map { CChar(bitPattern: $0) } + [0]
    }

    mutating func set(_ id: JobID) {
        bytes.withUnsafeMutableBufferPointer { bytes in
            var digit = 0
            for position in 0..<36 where position != 8 && position != 13 && position != 18 && position != 23 {
                let word = digit < 16 ? id.high : id.low
                let nibble = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (digit % 16)) & 15)
                bytes[position] = CChar(nibble < 10 ? nibble + UInt8(ascii: "0") : nibble - 10 + UInt8(ascii: "a"))
                digit += 1
            }
        }
    }

    func withPath<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        bytes.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { preconditionFailure("a path ends with NUL") }
            return body(start)
        }
    }

    var description: String { withPath { String(cString: $0) } }
}

extension JobID {
    /// A number for the directory of the job's day: days since 1970-01-01, or less than 0 for an id without a day.
    public var dayNumber: Int64 {
        if let instant, instant.seconds < 253_402_300_800 { return instant.seconds / 86_400 }
        return -1 - Int64(low & 0xff)
    }

    /// The number of a directory of a day by its name; nil if it is no such name.
    public static func dayNumber(of name: String) -> Int64? {
        if name.hasPrefix("other-") {
            guard name.utf8.count == 8, let digits = UInt8(name.dropFirst(6), radix: 16) else { return nil }
            let number = -1 - Int64(digits)
            // Small letters, and no sign.
            return day(of: number) == name ? number : nil
        }
        guard name.utf8.count == 10, let midnight = Timestamp(rfc3339: "\(name)T00:00:00Z"), midnight.seconds >= 0
        else {
            return nil
        }
        return midnight.seconds / 86_400
    }

    /// The name of the directory with a number.
    public static func day(of number: Int64) -> String {
        number < 0
            ? "other-" + String(UInt8(truncatingIfNeeded: -1 - number), radix: 16).leftPadded
            : CivilTime.date(daysSinceEpoch: Int(clamping: number)).dateText
    }
}

extension String {
    /// Two digits.
    fileprivate var leftPadded: String { utf8.count < 2 ? "0" + self : self }
}
