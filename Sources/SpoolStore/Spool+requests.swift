internal import Glibc
public import LinuxSystem
public import SpoolModel

extension Spool {
    /// Asks the engine to end a job: a file in `cancel/`, empty as `touch` makes one unless somebody is known to ask. A
    /// request that is there already stays as it is.
    public func requestCancel(_ id: JobID, by requester: Requester? = nil) throws(SpoolError) {
        try doing("ask for the end of \(id)") { () throws(SystemError) in
            guard let requester else {
                return try cancel.durably { cancel throws(SystemError) in
                    try cancel.file(id.description, O_WRONLY | O_CREAT | O_NONBLOCK).close()
                }
            }
            // Written aside: the engine meets a request as soon as it sees its name.
            var generator = SystemRandomNumberGenerator()
            let aside = "cancel-\(String(generator.next(), radix: 16))"
            try tmp.writeDurably(aside, CancelRequest.content(by: requester))
            do throws(SystemError) {
                try cancel.durably { cancel throws(SystemError) in
                    try tmp.move(aside, to: cancel, as: id.description)
                }
            } catch {
                try? tmp.remove(aside)
                if !error.isTaken { throw error }
            }
        }
    }

    /// Who has asked for the end of a job, if the request says so.
    public func canceler(of id: JobID) -> String? {
        (try? cancel.content(id.description, limit: CancelRequest.limit)).flatMap { CancelRequest.requester(in: $0) }
    }

    /// Takes a request to cancel away, after it was met.
    public func withdrawCancel(_ name: String) throws(SpoolError) {
        do throws(SystemError) {
            try cancel.remove(name)
        } catch {
            if !error.isMissing { throw SpoolError(error, while: "remove the request cancel/\(name)") }
        }
    }

    /// Whether somebody has asked for the end of a job. A directory of that name is none.
    public func hasCancelRequest(_ id: JobID) -> Bool {
        guard let information = try? cancel.information(id.description) else { return false }
        return information.kind != .directory
    }

    /// Moves what cannot be read out of the way, with the reason in a file beside it. Nothing is deleted.
    ///
    /// - Parameter newName: its name in `quarantine/`, if not its own, which is escaped if it is not UTF-8; a free one is
    ///   made of it.
    public func setAside(
        _ name: some PathBytes, in directory: borrowing Directory, as newName: String? = nil, reason: String
    ) throws(SpoolError) {
        do throws(SystemError) {
            // A name may be as long as the filesystem allows, and gets more to it here (NAME_MAX of limits.h).
            let base = (newName ?? "\(name)").prefix(ofBytes: 200)
            var place = base
            var number = 1
            while quarantine.contains(place) || quarantine.contains(place + ".reason") {
                number += 1
                place = "\(base).\(number)"
            }
            try quarantine.durably { quarantine throws(SystemError) in
                try quarantine.writeDurably(place + ".reason", Array((reason + "\n").utf8))
                do throws(SystemError) {
                    try directory.durably { directory throws(SystemError) in
                        try directory.move(name, to: quarantine, as: place)
                    }
                } catch {
                    // What stays where it is needs none, and it is tried again.
                    if !quarantine.contains(place) { try? quarantine.remove(place + ".reason") }
                    throw error
                }
            }
        } catch {
            throw SpoolError(error, while: "move \(name) to quarantine/")
        }
    }

    /// Removes reasons in `quarantine/` without what they are about: of moves that came to nothing because the server was
    /// killed, and of things that a person has taken away. For the engine, beside which nobody moves anything there.
    public func removeLoneReasons() {
        guard let entries = try? quarantine.entries() else { return }
        for name in entries.compactMap(\.name.text) where name.hasSuffix(".reason") {
            let subject = String(name.dropLast(".reason".count))
            // What was moved there may have such a name itself, and then has a reason of its own.
            guard let information = try? quarantine.information(name), information.kind == .file,
                !quarantine.contains(subject), !quarantine.contains(name + ".reason")
            else { continue }
            // What cannot be removed is tried again at the next start.
            try? quarantine.remove(name)
        }
    }
}

extension String {
    /// The whole characters at the beginning that take at most so many bytes of UTF-8.
    fileprivate func prefix(ofBytes limit: Int) -> String {
        var end = startIndex
        while end < endIndex, utf8.distance(from: startIndex, to: index(after: end)) <= limit {
            end = index(after: end)
        }
        return String(self[..<end])
    }
}
