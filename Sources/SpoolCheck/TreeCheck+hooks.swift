internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

extension TreeCheck {
    /// Checks the outboxes of hooks.
    func checkHooks() throws(SpoolError) {
        // Optional. `checkTop` reports an entry of another kind, and a mode that keeps the owner out.
        guard let hooks = spool.root.directoryIfAny(Spool.hooks) else { return }
        for name in try list(hooks, Spool.hooks) {
            confirm { findings(ofHook: name) }
            for box in [Spool.outbox, Spool.dead] {
                let path = "\(Spool.hooks)/\(name)/\(box)"
                // Reported with the hook if it is no directory.
                guard let directory = spool.root.directoryIfAny(path) else { continue }
                for delivery in try list(directory, path) {
                    confirm { findings(ofDelivery: delivery, in: path) }
                }
            }
        }
    }

    private func findings(ofHook name: String) -> [Finding] {
        let path = "\(Spool.hooks)/\(name)"
        // Removed since the listing.
        guard let information = spool.root.informationIfAny(path) else { return [] }
        guard HookName(name) != nil, information.kind == .directory else {
            return [Finding(path, .warning, "it is no directory of a hook", .quarantine(as: "\(Spool.hooks)-\(name)"))]
        }
        var findings = Access(information: information, path: path).findings(context)
        for name in spool.root.directoryIfAny(path)?.namesIfAny() ?? [] {
            findings += self.findings(ofHookEntry: name, in: path)
        }
        return findings
    }

    private func findings(ofHookEntry name: String, in hook: String) -> [Finding] {
        let path = "\(hook)/\(name)"
        guard let information = spool.root.informationIfAny(path) else { return [] }
        if name.hasPrefix(".") {
            return context.isServed ? [] : [Finding(path, .note, "a write was interrupted", .clear)]
        }
        let isBox = [Spool.outbox, Spool.dead].contains(name)
        guard isBox || name == "status" else {
            return [Finding(path, .note, "it is no part of a hook", .nothing)]
        }
        guard information.kind == (isBox ? .directory : .file) else {
            return [
                Finding(
                    path, .warning,
                    "it is \(information.kind.name) and should be \(isBox ? "a directory" : "a file")",
                    .quarantine(as: path.replacing("/", with: "-")))
            ]
        }
        return Access(information: information, path: path).findings(context)
    }

    private func findings(ofDelivery name: String, in box: String) -> [Finding] {
        let path = "\(box)/\(name)"
        guard let information = spool.root.informationIfAny(path) else { return [] }
        if name.hasPrefix(".") {
            return context.isServed ? [] : [Finding(path, .note, "a write was interrupted", .clear)]
        }
        let place = path.replacing("/", with: "-")
        guard DeliveryName(name) != nil else {
            return [Finding(path, .warning, "it is not named as a delivery", .quarantine(as: place))]
        }
        guard information.kind == .file else {
            return [
                Finding(
                    path, .warning, "it is \(information.kind.name) and should be a file", .quarantine(as: place))
            ]
        }
        let access = Access(information: information, path: path).findings(context)
        do throws(SystemError) {
            let content = try spool.root.foreignFile(path).readStream(limit: HookMessage.longest + 1)
            guard HookMessage(parsing: content) == nil else { return access }
            return access + [Finding(path, .warning, "it is no delivery that can be read", .quarantine(as: place))]
        } catch {
            return error.isMissing ? [] : access + [unreadable(path, error)]
        }
    }
}
