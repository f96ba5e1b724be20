internal import LinuxSystem
internal import Scheduling
internal import SpoolModel
internal import SpoolStore

extension TreeCheck {
    /// Checks requests to cancel, submitted jobs, staging, and `quarantine/`.
    func checkRequests() throws(SpoolError) {
        for name in try list(spool.cancel, "cancel") where !name.hasPrefix(".") {
            confirm { findings(ofRequest: name) }
        }
        for name in try list(spool.incoming, "incoming") where !name.hasPrefix(".") {
            confirm { findings(ofSubmission: name) }
        }
        confirm { stagingFindings() }
        for name in try list(spool.quarantine, "quarantine") where !name.hasSuffix(".reason") {
            confirm { findings(ofQuarantined: name) }
        }
    }

    private func findings(ofRequest name: String) -> [Finding] {
        let path = "cancel/\(name)"
        // Removed since the listing.
        guard let information = spool.cancel.informationIfAny(name) else { return [] }
        func leftover(_ problem: String, _ remedy: Remedy) -> [Finding] {
            context.leftover(path, problem, remedy, changed: information.modified).map { [$0] } ?? []
        }
        guard let id = JobID(name), id.description == name else {
            return leftover("it is not named by a job's id", .quarantine(as: name))
        }
        guard information.kind == .file else {
            return [
                Finding(
                    path, .warning, "it is \(information.kind.name) and should be an empty file", .quarantine(as: name))
            ]
        }
        do throws(SpoolError) {
            guard try spool.directory(of: id).status().state.isFinal else { return [] }
            return leftover("it asks for the end of a job that has ended", .clear)
        } catch {
            return error.code == .missing ? leftover("it asks for the end of a job that is not there", .clear) : []
        }
    }

    private func findings(ofSubmission name: String) -> [Finding] {
        let path = "incoming/\(name)"
        // Removed since the listing, or without an obstacle.
        guard let information = spool.incoming.informationIfAny(name), let obstacle = obstacle(to: name) else {
            return []
        }
        let finding = context.leftover(
            path, "it cannot become a job: \(obstacle)", .quarantine(as: name), changed: information.modified)
        return finding.map { [$0] } ?? []
    }

    /// Why an entry of `incoming/` cannot become a job; nil where it can.
    private func obstacle(to name: String) -> String? {
        let submission: Submission
        do throws(SubmissionError) {
            submission = try spool.readSubmission(FileName(name))
        } catch {
            // If the system failed, nothing is known of the entry.
            return error.failure == nil ? error.reason : nil
        }
        do throws(SchedulingSpecError) {
            _ = try SchedulingSpec(parsing: submission.when)
        } catch {
            return "`when`: \(error)"
        }
        do throws(SpoolError) {
            let project = try spool.project(submission.project)
            let isKnown = project.spiders.contains(submission.spider)
            return isKnown ? nil : "project \(submission.project) has no spider \(submission.spider)"
        } catch {
            return error.code == .missing ? "there is no project \(submission.project)" : nil
        }
    }

    private func stagingFindings() -> [Finding] {
        // A server stages pushes and jobs there. `checkTop` reports a directory that keeps the owner out.
        guard !context.isServed, case let count = spool.tmp.entriesIfAny().count, count > 0 else { return [] }
        return [Finding("tmp", .note, "it holds \(count) leftovers of interrupted steps", .emptyStaging)]
    }

    private func findings(ofQuarantined name: String) -> [Finding] {
        // The reason is optional.
        let bytes = (try? spool.quarantine.content("\(name).reason", limit: 64 << 10)) ?? []
        let reason = String(decoding: bytes.prefix { $0 != 0x0a }, as: UTF8.self)
        let problem = reason.isEmpty ? "it was set aside" : "it was set aside: \(reason)"
        return [Finding("quarantine/\(name)", .note, problem, .person("look at it, and delete it if it is of no use"))]
    }
}
