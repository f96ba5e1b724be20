internal import Glibc
public import LinuxSystem
public import SpoolModel

extension Spool {
    /// Requests the end of a job by a file in `cancel/`, which names the requester if known and is otherwise empty, as
    /// touch(1) makes it. An existing request is not changed, unless a step is to be taken at once.
    ///
    /// - Parameter step: the step of the escalation that is to be taken at once; nil for the usual one.
    public func requestCancel(
        _ id: JobID, by requester: Requester? = nil, step: CancelRequest.Step? = nil
    ) throws(SpoolError) {
        try doing("ask for the end of \(id)") { () throws(SystemError) in
            guard requester != nil || step != nil else {
                return try cancel.durably { cancel throws(SystemError) in
                    try cancel.file(id.description, O_WRONLY | O_CREAT | O_NONBLOCK).close()
                }
            }
            // Written to another name first: the engine handles a request as soon as it sees its name.
            var generator = SystemRandomNumberGenerator()
            let aside = "cancel-\(String(generator.next(), radix: 16))"
            try tmp.writeDurably(aside, CancelRequest.content(by: requester, step: step))
            do throws(SystemError) {
                try cancel.durably { cancel throws(SystemError) in
                    if step == nil {
                        try tmp.move(aside, to: cancel, as: id.description)
                    } else {
                        try tmp.replace(id.description, in: cancel, by: aside)
                    }
                }
            } catch {
                tmp.removeLeftover(aside)
                if !error.isTaken { throw error }
            }
        }
    }

    /// The requester of a job's cancellation, if the request names one.
    public func canceler(of id: JobID) -> String? {
        cancelText(of: id).flatMap { CancelRequest.requester(in: $0) }
    }

    /// The step of its escalation that a job is to take at once, if the request names one.
    public func cancelStep(of id: JobID) -> CancelRequest.Step? {
        cancelText(of: id).flatMap { CancelRequest.step(in: $0) }
    }

    private func cancelText(of id: JobID) -> [UInt8]? {
        // The name is for people, and without a step the job ends a little later.
        try? cancel.content(id.description, limit: CancelRequest.limit)
    }

    /// Removes a request to cancel that has been handled.
    public func withdrawCancel(_ name: String) throws(SpoolError) {
        do throws(SystemError) {
            try cancel.remove(name)
        } catch {
            if !error.isMissing { throw SpoolError(error, while: "remove the request cancel/\(name)") }
        }
    }

    /// Whether the end of a job was requested. A directory with its name does not count.
    public func hasCancelRequest(_ id: JobID) -> Bool {
        guard let information = cancel.informationIfAny(id.description) else { return false }
        return information.kind != .directory
    }

    /// Moves an unreadable entry to `quarantine/`, with the reason in a file beside it. Nothing is deleted.
    ///
    /// - Parameter newName: its name in `quarantine/`; by default its own, escaped if it is not UTF-8. If the name
    ///   exists, a number is appended.
    /// - Returns: its name in `quarantine/`.
    @discardableResult
    public func quarantine(
        _ name: some PathBytes, in directory: borrowing Directory, as newName: String? = nil, reason: String
    ) throws(SpoolError) -> String {
        do throws(SystemError) {
            // The name may have the maximum length, and suffixes are added here (NAME_MAX of limits.h).
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
                    // An entry that was not moved needs no reason; moving it is tried again.
                    if !quarantine.contains(place) { quarantine.removeLeftover(place + ".reason") }
                    throw error
                }
            }
            return place
        } catch {
            throw SpoolError(error, while: "move \(name) to quarantine/")
        }
    }

    /// Removes reasons in `quarantine/` without their entries: after moves that were interrupted by the server's end,
    /// and for entries that a user has removed. Only for the engine: no other process moves entries there.
    public func removeLoneReasons() {
        for name in quarantine.namesIfAny() where name.hasSuffix(".reason") {
            let subject = String(name.dropLast(".reason".count))
            // An entry that was moved there may have such a name itself, and then has its own reason.
            guard let information = quarantine.informationIfAny(name), information.kind == .file,
                !quarantine.contains(subject), !quarantine.contains(name + ".reason")
            else { continue }
            quarantine.removeLeftover(name)
        }
    }
}

extension String {
    /// The longest prefix of whole characters with at most `limit` bytes of UTF-8.
    fileprivate func prefix(ofBytes limit: Int) -> String {
        var end = startIndex
        while end < endIndex, utf8.distance(from: startIndex, to: index(after: end)) <= limit {
            end = index(after: end)
        }
        return String(self[..<end])
    }
}
