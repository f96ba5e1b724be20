internal import LinuxSystem
internal import Synchronization

/// The user database, read again when it changes.
public final class CredentialFile: Sendable {
    /// Why the users cannot be read.
    public struct Problem: Error, Sendable, CustomStringConvertible {
        /// A sentence with the file's path, and the line where one is wrong.
        public let description: String
    }

    /// The users as last read, and the number of reads so far, one for each change of the file.
    struct Reading: Sendable {
        let credentials: Credentials
        let generation: Int
        fileprivate let information: FileInformation
    }

    let path: String
    private let reading = Mutex<Reading?>(nil)

    /// The file at a path. It is read at the first login.
    public init(path: String) {
        self.path = path
    }

    /// Reads the file now, to find out at the start whether it is valid.
    public func check() throws(Problem) {
        _ = try current()
    }

    /// The users of the file as it is now.
    ///
    /// A file that its group or others have any permission on is refused, and so is one with an invalid line: then all
    /// logins fail.
    func current() throws(Problem) -> Reading {
        let content: [UInt8]
        let information: FileInformation
        do throws(SystemError) {
            let file = try Descriptor(reading: path)
            information = try file.information()
            if let known = reading.withLock({ $0 }), known.information == information { return known }
            content = try file.readAll(limit: 16 << 20)
        } catch {
            let hint = error.isMissing ? ": `scrapy-spool passwd --file \(path) USER` makes it" : ""
            throw Problem(description: "\(path): \(error.reason)\(hint)")
        }
        guard information.kind == .file, information.permissions & 0o077 == 0 else {
            throw Problem(
                description: "\(path): this file holds secrets, and others than its owner may use it: chmod 600 \(path)"
            )
        }
        guard let text = String(validating: content, as: UTF8.self) else {
            throw Problem(description: "\(path): the file is not UTF-8")
        }
        let credentials: Credentials
        do throws(Credentials.Flaw) {
            credentials = try Credentials(parsing: text)
        } catch {
            throw Problem(description: "\(path):\(error.line): \(error.description)")
        }
        return reading.withLock { reading in
            let new = Reading(
                credentials: credentials, generation: (reading?.generation ?? 0) + 1, information: information)
            reading = new
            return new
        }
    }
}
