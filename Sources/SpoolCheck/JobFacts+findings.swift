internal import LinuxSystem
internal import Scheduling
internal import SpoolModel

extension JobFacts {
    /// The findings of the job, most important first.
    func findings(_ context: CheckContext) -> [Finding] {
        let access = entries.sorted { $0.key < $1.key }
            .flatMap { Access(information: $0.value, path: "\(path)/\($0.key)").findings(context) }
        if let damage { return access + [damage] }
        guard let status = status.value, let metadata = metadata.value else { return access }
        var findings = access + kinds + format(of: metadata)
        if let finding = range(of: status) { return findings + [finding] }
        if status.state.isFinal {
            findings += finished(status, context)
        } else {
            findings += unfinished(status, context)
        }
        switch status.state {
        case .scheduled: findings += scheduled(status, metadata)
        case .running where isFree: findings.append(interrupted(status, context))
        default: break
        }
        if !context.isServed, status.state != .running || isFree {
            findings += asides.map { Finding("\(path)/\($0)", .note, "a write was interrupted", .clear) }
        }
        return findings
    }

    /// Damage that makes the whole job unusable.
    private var damage: Finding? {
        func unreadable<Value>(_ name: String, _ reading: Reading<Value>) -> Finding? {
            let kind = entries[name]?.kind
            switch reading {
            case .value: return nil
            case .missing where kind == nil || kind == .file:
                return Finding(path, .error, "its \(name) is missing", .quarantineJob(id))
            case .missing:
                return Finding(path, .error, "its \(name) is \(kind?.name ?? "missing")", .quarantineJob(id))
            case .damaged(let how): return Finding(path, .error, "its \(name) \(how)", .quarantineJob(id))
            case .failed(let error):
                return Finding(path, .error, "its \(name) cannot be read: \(error.reason)", .person("let it be read"))
            }
        }
        if let finding = unreadable("metadata.json", metadata) { return finding }
        if let finding = unreadable("status", status) { return finding }
        guard let metadata = metadata.value, metadata.id != id else { return nil }
        return Finding(path, .error, "its metadata.json is of another job, \(metadata.id)", .quarantineJob(id))
    }

    /// Links, FIFOs and the like in place of files or directories.
    private var kinds: [Finding] {
        entries.sorted { $0.key < $1.key }.compactMap { name, information in
            let isDirectory = !JobFacts.files.contains(name)
            guard information.kind != (isDirectory ? .directory : .file) else { return nil }
            return Finding(
                "\(path)/\(name)", .warning,
                "it is \(information.kind.name) and should be \(isDirectory ? "a directory" : "a file")",
                .quarantine(as: "\(id).\(name)"))
        }
    }

    private func format(of metadata: JobMetadata) -> [Finding] {
        let file = "\(path)/metadata.json"
        guard let number = metadata.writtenFormat else {
            return [Finding(file, .warning, "it has no number `format`", .metadata(metadata))]
        }
        guard number > JobMetadata.format else { return [] }
        return [Finding(file, .note, "a newer scrapy-spool has written it (format \(number))", .nothing)]
    }

    /// Numbers out of range: counts are clamped to it, other numbers are removed. Further problems show once that is
    /// repaired.
    private func range(of status: JobStatus) -> Finding? {
        let facts = status.factsOutOfRange
        guard !facts.isEmpty else { return nil }
        var right = status
        for fact in facts { right[fact] = status[fact] }
        let names = facts.map { "`\($0.rawValue)`" }.joined(separator: ", ")
        return Finding(
            "\(path)/status", .warning, "its \(names) \(facts.count > 1 ? "are" : "is") out of range",
            .status(id, from: status, to: right))
    }

    private func finished(_ status: JobStatus, _ context: CheckContext) -> [Finding] {
        var findings: [Finding] = []
        if isMarked, let changed = entries["status"]?.modified {
            let finding = context.leftover(
                "active/\(id)", "it marks a job that has ended", .clear, changed: changed)
            if let finding { findings.append(finding) }
        }
        var right = status
        var problems: [String] = []
        if status[.ended] == nil {
            right[.ended] = status[.at]
            problems.append("does not say when the job ended")
        }
        for (name, key) in [("job.out", JobStatus.NumberFact.outBytes), ("job.err", .errBytes)] {
            guard let promised = status[key], entries[name].map({ $0.kind == .file }) ?? true else { continue }
            let size = Int(entries[name]?.size ?? 0)
            guard promised > size else { continue }
            right[key] = size
            right[text: "lost_\(key.rawValue)"] = String(promised - size)
            problems.append("promises \(promised) bytes of \(name), of which \(promised - size) are lost")
        }
        guard !problems.isEmpty else { return findings }
        let isLoss = right[.outBytes] != status[.outBytes] || right[.errBytes] != status[.errBytes]
        findings.append(
            Finding(
                "\(path)/status", isLoss ? .error : .warning, "it " + problems.joined(separator: ", and it "),
                .status(id, from: status, to: right)))
        return findings
    }

    private func unfinished(_ status: JobStatus, _ context: CheckContext) -> [Finding] {
        var findings: [Finding] = []
        if !isMarked {
            findings.append(
                Finding(path, .error, "it is \(status.state.rawValue) without a mark in active/", .mark(id)))
        }
        for name in ["job.out", "job.err", "lock", "alive", ".status.spare"] {
            guard let file = entries[name], file.kind == .file, file.links > 1 else { continue }
            findings.append(
                Finding(
                    "\(path)/\(name)", .note, "it has \(file.links) names, which other trees may share",
                    .server("gives the job a file of its own before it writes there")))
        }
        if entries[".status.spare"] == nil {
            findings.append(
                Finding("\(path)/.status.spare", .warning, "no room is set aside for the last status", .spare(id)))
        }
        return findings
    }

    private func scheduled(_ status: JobStatus, _ metadata: JobMetadata) -> [Finding] {
        do throws(SchedulingSpecError) {
            _ = try SchedulingSpec(parsing: metadata.schedule)
        } catch {
            var failed = status
            failed.state = .failed
            failed[.ended] = status[.at]
            failed[.next] = nil
            failed[.due] = nil
            failed[.reason] = "unusable-schedule"
            return [
                Finding(
                    path, .error, "its schedule `\(metadata.schedule)` cannot be used: \(error)",
                    .status(id, from: status, to: failed))
            ]
        }
        guard status[.next] == nil else { return [] }
        return [Finding(path, .note, "it is SCHEDULED without a next time", .server("sets one"))]
    }

    /// A job with the status RUNNING whose lock is free.
    private func interrupted(_ status: JobStatus, _ context: CheckContext) -> Finding {
        if context.isCopy {
            return Finding(path, .note, "it ran when the tree was copied", .server("runs it again, once resumed"))
        }
        let wasClaimed = status[.attempt].map { entries["claim.\($0)"] != nil } ?? true
        guard wasClaimed else {
            return Finding(path, .note, "its start was interrupted", .server("starts it again"))
        }
        let isLast = (status[.interrupted] ?? 0) > 0
        return Finding(
            path, .note, isLast ? "it was interrupted a second time" : "it was interrupted",
            .server(isLast ? "records it as failed" : "runs it again"))
    }
}
