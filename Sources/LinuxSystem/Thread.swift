internal import CLinux
internal import Glibc

/// Runs a body on a new thread with a name of at most 15 bytes. The body blocks in system calls for as long as it likes,
/// which a task must not.
///
/// Throws EAGAIN where the system gives no thread (pthread_create(3)): the limit on processes of the user or of the
/// service counts threads, and the processes of jobs. The body has not been called then.
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

private final class ThreadBody: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}
