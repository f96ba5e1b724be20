internal import Glibc
public import LinuxSystem

/// A directory in `tmp/` for listing the spiders of a pushed project, beside the copy in which the project is tried. It
/// contains one file with the question and one for the answer.
public struct Inquiry: ~Copyable, Sendable {
    /// The directory's absolute path.
    public let path: String
    /// The file `answer` in it, empty at first. The project can write to it and remove its name.
    public let answer: Descriptor
}

extension Spool {
    /// Creates the directory with `answer` and one other file. ``removeCopy(of:)`` removes it.
    ///
    /// - Parameters:
    ///   - file: the name and the content of the other file.
    ///   - account: the owner of the directory and the files; nil for this process's user.
    public func makeInquiry(
        of staging: borrowing PushDraft, with file: (name: String, content: [UInt8]), for account: Account?
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
