internal import Glibc
internal import LinuxSystem
internal import SpoolModel
internal import Synchronization

/// The places of the Unix sockets that a server is to listen at, cleared of sockets that nobody listens at.
///
/// Their directories are locked from the look at what is there until all are listened at, so that of two servers that start
/// at the same time the second sees the first.
final class SocketPlaces: Sendable {
    private let locks: Mutex<[Lock]>

    /// Locks and clears the places. Throws a ``ListeningError`` for one that somebody listens at, or that is no socket.
    init(of interfaces: [Interface]) async throws {
        var files: [(file: SocketFile, interface: Interface)] = []
        for interface in interfaces {
            guard case .unix(let path) = interface else { continue }
            guard !files.contains(where: { $0.file.path == path }) else {
                throw ListeningError(interface: interface, code: EADDRINUSE)
            }
            files.append((SocketFile(path), interface))
        }
        var locks: [Lock] = []
        // In one order, so that no two servers wait for each other.
        for directory in Set(files.map(\.file.directory)).sorted() {
            if let lock = await Lock(directory) { locks.append(lock) }
        }
        self.locks = Mutex(locks)
        for (file, interface) in files { try SocketPlaces.clear(file, for: interface) }
    }

    private static func clear(_ file: SocketFile, for interface: Interface) throws {
        do throws(SystemError) {
            switch try file.state() {
            case .absent: return
            case .dead: try file.remove()
            case .alive: throw SystemError(code: EADDRINUSE, operation: "bind")
            case .other: throw SystemError(code: ENOTSOCK, operation: "bind")
            }
        } catch {
            throw ListeningError(interface: interface, code: error.code)
        }
    }

    /// Lets go of the directories.
    func release() {
        locks.withLock { $0 = [] }
    }

    /// A directory that no other server puts a socket into meanwhile.
    private final class Lock: Sendable {
        private let descriptor: Descriptor

        /// Waits a few seconds at most; nil for a directory that cannot be locked: it is no more than a precaution.
        init?(_ directory: String) async {
            guard let descriptor = try? Descriptor(reading: directory) else { return nil }
            for _ in 0..<250 {
                // What cannot be locked at all is not waited for.
                guard let isLocked = try? descriptor.tryLock() else { return nil }
                if isLocked {
                    self.descriptor = descriptor
                    return
                }
                try? await Task.sleep(for: .milliseconds(20))
            }
            return nil
        }
    }
}
