internal import CLinux
internal import Glibc

/// A process identified by its pid and start time, which are unique within one boot of the machine.
public struct ProcessIdentity: Hashable, Sendable {
    /// The pid.
    public let pid: Int32
    /// The start time in clock ticks since boot (field 22 of `/proc/PID/stat`, proc(5)).
    public let ticks: Int

    /// An identity that was read elsewhere.
    public init(pid: Int32, ticks: Int) {
        self.pid = pid
        self.ticks = ticks
    }

    /// The identity of the process that has a pid now, zombies included; nil if there is none.
    public init?(pid: Int32) {
        guard let facts = ProcessFacts(pid: pid) else { return nil }
        self.init(pid: pid, ticks: facts.ticks)
    }

    /// Opens the process (pidfd_open(2)); nil if it is gone or its pid belongs to another process by now.
    public func open() -> ProcessDescriptor? {
        guard let descriptor = ProcessDescriptor(pid: pid) else { return nil }
        // Compared after opening: the descriptor cannot change to another process from here on.
        guard ProcessIdentity(pid: pid) == self else { return nil }
        return descriptor
    }
}

/// A stable reference to a process (pidfd).
public struct ProcessDescriptor: ~Copyable, Sendable {
    /// Readable once the process has ended.
    public let descriptor: Descriptor

    /// Opens the process that has a pid now (pidfd_open(2)); nil if there is none or it cannot be opened.
    init?(pid: Int32) {
        let number = clinux_pidfd_open(pid)
        guard number >= 0 else { return nil }
        descriptor = Descriptor(owning: number)
    }

    /// Sends a signal; a process that has ended is not an error.
    public func send(_ signal: Int32) throws(SystemError) {
        if clinux_pidfd_send_signal(descriptor.number, signal) < 0, errno != ESRCH {
            throw SystemError("send a signal")
        }
    }

    /// Sends a signal. If that is not permitted, because the process has changed its user, trying again would not help.
    public func sendIfPossible(_ signal: Int32) {
        // See above.
        try? send(signal)
    }

    /// Waits for the end of the process and reaps it if it is a child of this one (waitid(2), P_PIDFD).
    ///
    /// - Returns: the status of wait(2); nil for a process that is not a child.
    public func reap() throws(SystemError) -> Int32? {
        var status: Int32 = 0
        do throws(SystemError) {
            _ = try retrying("wait for a process") { clinux_pidfd_wait(descriptor.number, &status) }
            return status
        } catch {
            guard error.code == ECHILD else { throw error }
            return nil
        }
    }
}

/// The fields of `/proc/PID/stat` that are used here (proc(5)).
public struct ProcessFacts: Hashable, Sendable {
    /// The letter of the state: R, S, D, Z, …
    public let state: UInt8
    /// The parent's pid.
    public let parent: Int32
    /// The process group id.
    public let group: Int32
    /// The start time in clock ticks since boot.
    public let ticks: Int

    /// Reads the fields of a process; nil if there is none with this pid.
    public init?(pid: Int32) {
        guard let bytes = Host.content(ofSystemFile: "/proc/\(pid)/stat", limit: 4096),
            // The name in parentheses may contain any character, so parsing starts after the last parenthesis.
            let end = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = bytes[(end + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19, let state = fields[0].first,
            let parent = Int32(String(decoding: fields[1], as: UTF8.self)),
            let group = Int32(String(decoding: fields[2], as: UTF8.self)),
            let ticks = Int(String(decoding: fields[19], as: UTF8.self))
        else { return nil }
        self.state = state
        self.parent = parent
        self.group = group
        self.ticks = ticks
    }
}

extension Descriptor {
    /// Reads a file that reports no length, as those of /proc do, in chunks of 4096 bytes until its end or until
    /// `limit` is reached.
    public func readStream(limit: Int) throws(SystemError) -> [UInt8] {
        var content: [UInt8] = []
        while content.count < limit {
            var failure: SystemError?
            let chunk = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
                do throws(SystemError) {
                    count = try read(into: UnsafeMutableRawBufferPointer(buffer), at: Int64(content.count))
                } catch {
                    failure = error
                    count = 0
                }
            }
            if let failure { throw failure }
            if chunk.isEmpty { break }
            content += chunk
        }
        return content
    }
}
