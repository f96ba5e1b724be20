internal import CLinux
internal import Glibc
internal import Synchronization

/// Runs a closure on a new thread with a name of at most 15 bytes. The closure may block in system calls, which a task
/// must not.
///
/// Throws EAGAIN if the system refuses a thread (pthread_create(3)): the limit on processes of the user or of the
/// service counts threads, and the processes of jobs. The closure is not called in that case.
public func startThread(named name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
    let box = Unmanaged.passRetained(ThreadBody(name: name, body: body))
    var thread = pthread_t()
    let code = pthread_create(
        &thread, nil,
        { argument in
            let body = Unmanaged<ThreadBody>.fromOpaque(argument!).takeRetainedValue()
            _ = clinux_set_name(body.name)
            body.body()
            return nil
        }, box.toOpaque())
    guard code == 0 else {
        box.release()
        throw SystemError(code: code, operation: "start the thread `\(name)`")
    }
    pthread_detach(thread)
}

/// Calls two closures at the same time, the second on a new thread; one after the other if no thread can be started.
///
/// - Parameter name: the name of the thread, at most 15 bytes.
/// - Returns: their results.
public func atOnce<One, Other: Sendable>(
    _ one: () -> One, onThread name: String, _ other: @escaping @Sendable () -> Other
) -> (One, Other) {
    let result = ThreadResult<Other>()
    do throws(SystemError) {
        try startThread(named: name) { result.set(other()) }
    } catch {
        return (one(), other())
    }
    let first = one()
    return (first, result.wait())
}

/// A result that one thread passes to another.
private final class ThreadResult<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let isThere = Semaphore()

    func set(_ value: Value) {
        self.value.withLock { $0 = value }
        isThere.post()
    }

    func wait() -> Value {
        while true {
            isThere.wait()
            if let value = value.withLock({ $0 }) { return value }
        }
    }
}

private final class ThreadBody: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}
