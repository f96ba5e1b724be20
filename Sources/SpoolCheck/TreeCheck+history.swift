internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

extension TreeCheck {
    /// Checks the files of `history/`.
    func checkHistory() throws(SpoolError) {
        // Optional. `checkTop` reports an entry of another kind, and a mode that keeps the owner out.
        guard let history = spool.root.directoryIfAny(Spool.history) else { return }
        for name in try list(history, Spool.history) { confirm { findings(ofHistory: name) } }
    }

    private func findings(ofHistory name: String) -> [Finding] {
        let path = "\(Spool.history)/\(name)"
        guard let information = spool.root.informationIfAny(path) else { return [] }
        if name.hasPrefix(".") {
            return context.isServed ? [] : [Finding(path, .note, "a write was interrupted", .clear)]
        }
        guard HistoryLine.day(ofFile: name) != nil else {
            return [Finding(path, .warning, "it is not named as a day", .quarantine(as: name))]
        }
        guard information.kind == .file else {
            return [
                Finding(
                    path, .warning, "it is \(information.kind.name) and should be a file",
                    .quarantine(as: "\(Spool.history)-\(name)"))
            ]
        }
        return Access(information: information, path: path).findings(context) + findings(ofLinesOf: name, path)
    }

    private func findings(ofLinesOf day: String, _ path: String) -> [Finding] {
        var (damaged, strangers) = (0, 0)
        var hasCarriageReturns = false
        var text = HistoryText(keeping: HistoryLine.longestTear)
        func take(_ content: HistoryText.Content, _ bytes: ArraySlice<UInt8>) {
            switch content {
            case .line(let line): strangers += line.day == day ? 0 : 1
            case .remark: break
            case .damaged:
                damaged += 1
                if bytes.dropLast().contains(UInt8(ascii: "\r")) { hasCarriageReturns = true }
            }
        }
        do throws(SystemError) {
            try spool.readHistory(of: day) { piece in
                text.take(piece, take)
                return true
            }
        } catch {
            return error.isMissing ? [] : [unreadable(path, error)]
        }
        if let end = text.end(), !text.isTorn { take(end, text.unfinished) }
        var findings: [Finding] = []
        if damaged > 0 {
            let lines = damaged == 1 ? "one line" : "\(damaged) lines"
            findings.append(
                Finding(
                    path, .warning,
                    "\(lines) of it cannot be read, and the jobs are not counted"
                        + (hasCarriageReturns ? "; lines have to end with LF (`tr '\\r' '\\n'`), not with CR" : ""),
                    .history(day)))
        }
        if strangers > 0 {
            let lines = strangers == 1 ? "one line" : "\(strangers) lines"
            findings.append(
                Finding(
                    path, .warning, "\(lines) of it are of jobs that ended on another day, and may not be counted",
                    .history(day)))
        }
        if text.isTorn {
            findings.append(
                Finding(path, .note, "its last line has no end, as after a loss of power", .server("writes over it")))
        }
        return findings
    }
}
