public import LinuxSystem
internal import Synchronization

/// The flush of a push's archive and code to the disk, on a thread of its own, while `scrapy list` runs. The code must not
/// change at the same time.
public final class StagedFlush: Sendable {
    /// The proof that the code is read-only and on the disk.
    public struct Receipt: Sendable {
        fileprivate init() {}
    }

    private let push: Directory
    private let code: Directory
    private let includesFiles: Bool
    private let outcome = Mutex<Result<Receipt, SystemError>?>(nil)
    private let end = Semaphore()

    /// Starts the flush. If the system gives no thread, it is done on return.
    ///
    /// - Parameters:
    ///   - push: the directory of the push, opened before anything was written into it: syncfs(2) reports the failed writes
    ///     since the file was opened.
    ///   - code: the directory of the code.
    ///   - includesFiles: whether the files of the code are not read-only yet.
    init(of push: consuming Directory, code: consuming Directory, includesFiles: Bool) {
        self.push = push
        self.code = code
        self.includesFiles = includesFiles
        do throws(SystemError) {
            try startThread(named: "flush push") { [self] in run() }
        } catch {
            run()
        }
    }

    private func run() {
        let result: Result<Receipt, SystemError>
        do throws(SystemError) {
            try code.makeReadOnly(includingFiles: includesFiles)
            try push.descriptor.synchronizeFilesystem()
            result = .success(Receipt())
        } catch {
            result = .failure(error)
        }
        outcome.withLock { $0 = result }
        end.post()
    }

    /// Waits for the end. Throws if the flush failed.
    public func wait() throws(SystemError) -> Receipt {
        while true {
            if let outcome = outcome.withLock({ $0 }) { return try outcome.get() }
            end.wait()
        }
    }
}
