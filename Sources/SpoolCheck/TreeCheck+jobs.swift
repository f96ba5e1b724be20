internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

extension TreeCheck {
    /// Checks all jobs, day by day.
    func checkDays() throws(SpoolError) {
        let days = try list(spool.jobs, "jobs").filter { !$0.hasPrefix(".") }
        for day in days {
            // The total is for progress only, so a day that cannot be listed counts as empty.
            try? spool.jobs.directory(day).forEachName { name, _ in total += name.jobID == nil ? 0 : 1 }
        }
        for day in days { checkDay(day) }
    }

    private func checkDay(_ day: String) {
        confirm { findings(ofDay: day) }
        let names = DayNames(day, in: spool)
        if names.failure != nil { confirm { findings(ofListing: day) } }
        for (name, id) in names.misplaced { checkMisplaced(name, id, in: day) }
        for id in names.jobs { checkJob(id) }
        if isDay(day) {
            for stranger in names.strangers { confirm { findings(ofStranger: stranger, in: day) } }
        } else {
            // The directory is empty by now if its jobs were moved to their days.
            confirm { findings(ofOddDay: day) }
        }
    }

    private func findings(ofDay day: String) -> [Finding] {
        let path = "jobs/\(day)"
        // Removed since the listing.
        guard let information = spool.jobs.informationIfAny(day) else { return [] }
        guard information.kind == .directory else {
            return [
                Finding(
                    path, .warning, "it is \(information.kind.name) and should be the directory of a day",
                    .quarantine(as: day))
            ]
        }
        let access = Access(information: information, path: path).findings(context)
        do throws(SystemError) {
            _ = try spool.jobs.directory(day)
            return access
        } catch {
            if error.isMissing { return [] }
            return access + [unreadable(path, error)]
        }
    }

    private func findings(ofListing day: String) -> [Finding] {
        DayNames(day, in: spool).failure.map { [unreadable("jobs/\(day)", $0)] } ?? []
    }

    private func findings(ofOddDay day: String) -> [Finding] {
        // Removed by now, or reported by `findings(ofDay:)` and `findings(ofListing:)`.
        guard let directory = spool.jobs.directoryIfAny(day), DayNames(day, in: spool).failure == nil else { return [] }
        let entries = directory.entriesIfAny()
        let isToBeEmpty = entries.allSatisfy { $0.name.jobID != nil }
        return [
            Finding(
                "jobs/\(day)", .warning, "it is not named as a day", isToBeEmpty ? .clear : .quarantine(as: day))
        ]
    }

    /// Whether the name is that of a day's directory.
    private func isDay(_ name: String) -> Bool {
        if name.hasPrefix("other-") {
            return name.utf8.count == 8 && JobID("00000000-0000-0000-0000-0000000000\(name.suffix(2))")?.day == name
        }
        return name.utf8.count == 10 && Timestamp(rfc3339: "\(name)T00:00:00Z") != nil
    }

    private func findings(ofStranger name: FileName, in day: String) -> [Finding] {
        // Removed since the listing.
        guard let directory = spool.jobs.directoryIfAny(day), directory.contains(name) else { return [] }
        guard let name = name.text else { return [.undecoded(name, in: "jobs/\(day)")] }
        let path = "jobs/\(day)/\(name)"
        return [Finding(path, .warning, "it is no job", .quarantine(as: name))]
    }

    private func checkMisplaced(_ name: String, _ id: JobID, in day: String) {
        let path = "jobs/\(day)/\(name)"
        confirm {
            // Removed since the listing.
            guard let kind = spool.root.informationIfAny(path)?.kind else { return [] }
            guard kind == .directory else { return [Finding(path, .warning, "it is no job", .quarantine(as: name))] }
            return [Finding(path, .error, "no program finds it there: it belongs in jobs/\(id.day)/\(id)", .place(id))]
        }
        if !spool.root.contains(path) { checkJob(id) }
    }

    /// Checks a job in the directory of its day.
    func checkJob(_ id: JobID) {
        confirm { findings(ofJob: id) }
        countJob()
    }

    private func findings(ofJob id: JobID) -> [Finding] {
        let path = "jobs/\(id.day)/\(id)"
        do throws(SystemError) {
            let day = try spool.jobs.directory(id.day)
            let information = try day.information(id.description)
            guard information.kind == .directory else {
                return [
                    Finding(
                        path, .error, "it is \(information.kind.name) and should be a job's directory",
                        .quarantine(as: id.description))
                ]
            }
            let access = Access(information: information, path: path).findings(context)
            do throws(SystemError) {
                let directory = try day.directory(id.description)
                let facts = JobFacts(id, path: path, in: directory, of: spool, testsLock: !context.isServed)
                // The job was deleted meanwhile, so missing files are no findings.
                guard day.contains(id.description) else { return [] }
                return access + facts.findings(context)
            } catch {
                return error.isMissing ? [] : access + [unreadable(path, error)]
            }
        } catch {
            return error.isMissing ? [] : [unreadable(path, error)]
        }
    }

    // MARK: Common

    /// The names in a directory, sorted. Names that are not UTF-8 are reported here and left out.
    func list(_ directory: borrowing Directory, _ path: String) throws(SpoolError) -> [String] {
        let names: [FileName]
        do throws(SystemError) {
            names = try directory.entries().map(\.name).sorted()
        } catch {
            throw SpoolError(error, while: "list \(path)/")
        }
        for name in names where name.text == nil {
            confirm { directory.contains(name) ? [.undecoded(name, in: path)] : [] }
        }
        return names.compactMap(\.text)
    }

    /// The finding that an entry cannot be read.
    func unreadable(_ path: String, _ error: SystemError) -> Finding {
        Finding(path, .error, "it cannot be read: \(error.reason)", .person("let it be read"))
    }
}
