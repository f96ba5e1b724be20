import Glibc
import LinuxSystem
import Synchronization

/// A test's own folder, and everything that it starts in there.
final class Folder: Sendable {
    /// Its absolute path.
    let path: String
    private let count = Atomic(0)
    private let children = Mutex<[Child]>([])

    private init() throws {
        var template = Array("\(Place.temporary)/scrapy-spool-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil, let real = realpath(template, nil) else {
            throw SystemError("make a temporary folder")
        }
        defer { free(real) }
        path = String(cString: real)
    }

    /// Gives a test its folder, and takes it away afterwards with all that still runs in it.
    static func with(_ body: (Folder) async throws -> Void) async throws {
        let folder = try Folder()
        do {
            try await body(folder)
        } catch let failure as Failure {
            let logs = folder.logs
            await folder.remove()
            throw Failure("\(failure)\n\(logs)")
        } catch {
            await folder.remove()
            throw error
        }
        await folder.remove()
    }

    /// What the servers have said, for messages.
    private var logs: String {
        File.names(path).filter { $0.hasPrefix("scrapy-spool-") && $0.hasSuffix(".err") }
            .map { "\($0):\n" + ((try? File.text("\(path)/\($0)").suffix(3000).description) ?? "") }
            .joined(separator: "\n")
    }

    /// A name in the folder that nobody has used yet.
    func fresh(_ name: String) -> String {
        "\(path)/\(name)-\(count.wrappingAdd(1, ordering: .relaxed).newValue)"
    }

    /// Starts a program in the folder, or in another one.
    func start(
        _ words: [String], in directory: String? = nil, environment: [String] = Host.environment(),
        input: String = "/dev/null"
    ) throws -> Child {
        let name = words[0].split(separator: "/").last.map(String.init) ?? words[0]
        let child = try Child(
            words, in: directory ?? path, environment: environment, input: input, output: fresh(name))
        children.withLock { $0.append(child) }
        return child
    }

    /// Runs a program to its end and gives its output. Throws when it ends with something else than 0.
    @discardableResult
    func run(_ words: String..., in directory: String? = nil) async throws -> String {
        let child = try start(words, in: directory)
        let end = try await child.wait()
        guard end.exit == 0 else { throw Failure("\(words.joined(separator: " ")): \(end)\n\(child.said)") }
        return try File.text(child.out)
    }

    /// Runs a line of the shell to its end, as a person types it, and gives its output.
    @discardableResult
    func shell(_ line: String) async throws -> String {
        try await run("/bin/bash", "-euo", "pipefail", "-c", line)
    }

    /// The numbers of all processes that work somewhere in the folder: servers, shims, spiders, and what those started.
    var processes: [Int32] {
        File.names("/proc").compactMap { Int32($0) }.filter { pid in
            guard let place = File.target(ofLink: "/proc/\(pid)/cwd") else { return false }
            return place == path || place.hasPrefix(path + "/")
        }
    }

    private func remove() async {
        // The servers first, so that they start nothing any more.
        for child in children.withLock({ $0 }) { _ = try? await child.end(by: SIGKILL) }
        while case let pids = processes, !pids.isEmpty {
            for pid in pids { try? ProcessIdentity(pid: pid)?.open()?.send(SIGKILL) }
            for pid in pids { try? await awaitEnd(ofProcess: pid) }
        }
        let path = path
        try? await onThread {
            let slash = path.lastIndex(of: "/") ?? path.startIndex
            try Directory(path: String(path[..<slash])).removeTree(String(path[path.index(after: slash)...]))
        }
    }
}

/// Waits until a process of anybody's has ended.
func awaitEnd(ofProcess pid: Int32, within limit: Duration = patience) async throws {
    try await onThread {
        guard let process = ProcessIdentity(pid: pid)?.open() else { return }
        let queue = try EventQueue()
        try queue.add(process.descriptor, key: 0)
        guard try !queue.wait(milliseconds: limit.milliseconds).isEmpty else {
            throw Failure("process \(pid) lives on after \(limit)")
        }
    }
}
