internal import Glibc
internal import LinuxSystem
internal import SpoolModel
internal import Synchronization

/// The paths of the Unix sockets that a server is to listen at, cleared of dead sockets.
///
/// Their directories are locked from the check until the server listens at all of them, so that of two servers that
/// start at the same time the second sees the first.
final class SocketPlaces: Sendable {
    private let locks: Mutex<[Lock]>

    /// Locks the directories and clears the paths. Throws a ``ListeningError`` for a path in use, or of another kind of
    /// file.
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
        // In a fixed order, so that two servers cannot deadlock.
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

    /// Unlocks the directories.
    func release() {
        locks.withLock { $0 = [] }
    }

    /// A lock that keeps other servers from creating sockets in a directory.
    private final class Lock: Sendable {
        private let descriptor: Descriptor

        /// Waits a few seconds at most; nil if the directory cannot be locked, since this is only a precaution.
        init?(_ directory: String) async {
            do {
                let descriptor = try Descriptor(reading: directory)
                for _ in 0..<250 {
                    if try descriptor.tryLock() {
                        self.descriptor = descriptor
                        return
                    }
                    await Task.pause(for: .milliseconds(20))
                }
            } catch {
                // If it cannot be locked at all, do not wait.
            }
            return nil
        }
    }
}
