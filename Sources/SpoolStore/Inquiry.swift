internal import Glibc
public import LinuxSystem

/// A directory in `tmp/`, beside the copy in which a pushed project is tried, for what is asked of it and for its answer.
public struct Inquiry: ~Copyable, Sendable {
    /// The directory's absolute path.
    public let path: String
    /// The file `answer` in it, empty so far. The project can write it, and remove its name; nothing else.
    public let answer: Descriptor
}

extension Spool {
    /// Makes the directory, with one file besides `answer`. ``removeCopy(of:)`` removes it.
    ///
    /// - Parameters:
    ///   - file: the name and the content of that file.
    ///   - account: whose all of it shall be; nil for this process's user.
    public func makeInquiry(
        of staging: borrowing Staging, with file: (name: String, content: [UInt8]), for account: Account?
    ) throws(SpoolError) -> Inquiry {
        let name = Spool.inquiry(staging)
        return try doing("make a place for the list of spiders") { () throws(SystemError) in
            try tmp.makeDirectory(name)
            let place = try tmp.directory(name)
            let question = try place.file(file.name, O_WRONLY | O_CREAT | O_EXCL)
            try question.write(file.content)
            let answer = try place.file("answer", O_RDWR | O_CREAT | O_EXCL)
            if let account {
                try root.letThrough(account.group)
                try tmp.letThrough(account.group)
                try question.give(to: account)
                try answer.give(to: account)
                try place.give(to: account)
            }
            return Inquiry(path: "\(path)/tmp/\(name)", answer: answer)
        }
    }
}
