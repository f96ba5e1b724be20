internal import ForeignStore
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

extension ScrapydImport {
    /// Imports the files of `items_dir/P/S`.
    func importItems() throws(ImportError) {
        guard let root = store.items?.directoryIfAny(".") else { return }
        for (name, kind) in names(in: root, called: "items") where kind == .directory {
            guard let project = ProjectName(name) else {
                skip("items/\(name)", "it cannot be the name of a project here")
                continue
            }
            guard let above = directory(name, in: root, called: "items/\(name)") else { continue }
            for (place, kind) in names(in: above, called: "items/\(name)") where kind == .directory {
                let shown = "items/\(name)/\(place)"
                guard let spider = SpiderName(place) else {
                    skip(shown, "it cannot be the name of a spider here")
                    continue
                }
                guard let files = directory(place, in: above, called: shown) else { continue }
                for (file, _) in names(in: files, called: shown) {
                    do throws(Obstacle) {
                        try importItems(file, of: project, spider, in: files)
                    } catch {
                        try handle(error, of: "\(shown)/\(file)")
                    }
                }
            }
        }
    }

    private func importItems(
        _ file: String, of project: ProjectName, _ spider: SpiderName, in place: borrowing Directory
    ) throws(Obstacle) {
        let source = try opened(RelativePath([FileName(file)]), in: place)
        let information: FileInformation
        do throws(SystemError) {
            information = try source.information()
        } catch {
            throw .skip("it cannot be read: \(error.reason)")
        }
        if let process = store.openFiles.process(holding: information) {
            throw .skip("process \(process) writes it: import again when that has ended")
        }
        let mark = "items \(project)/\(spider)/\(file)"
        var size: Int64?
        if ledger?.has(mark) != true {
            size = information.size
            if !isDryRun, let spool {
                do throws(SpoolError) {
                    size = try spool.addItems(FileName(file), of: project, spider, from: source)
                } catch {
                    throw Obstacle(error)
                }
            }
        }
        report.items.count(isTaken: size != nil)
        report.itemBytes += size ?? 0
        do throws(ImportError) {
            // A name with a line feed would be two lines of the list; the file is there the next time.
            if !file.utf8.contains(0x0a) { try ledger?.note(mark, isUrgent: false) }
        } catch {
            throw .stop(error)
        }
    }
}
