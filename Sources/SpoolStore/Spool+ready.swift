internal import Glibc
public import LinuxSystem
public import SpoolModel
internal import Synchronization

/// Ready copies for jobs. Most functions report no errors: the copies are useful but never required.
extension Spool {
    /// How many times the size of a ready copy the free space has to be.
    private static let readyReserve: Int64 = 16

    /// Types of filesystems (statfs(2)) that belong to this machine alone and whose times show each change, also one through
    /// a mapping (mmap(2)): ext2 to 4, xfs, btrfs, f2fs, zfs.
    private static let timed: Set<UInt64> = [0xef53, 0x5846_5342, 0x9123_683e, 0xf2f5_2010, 0x2fc1_2fc1]
    /// Those that show each change but the latter: tmpfs, and overlayfs, which may be above it. A page that was read
    /// through a mapping is written there without a fault, and neither time changes.
    private static let almostTimed: Set<UInt64> = [0x0102_1994, 0x794c_7630]

    /// The directory of the copies, created if it is missing.
    func readyStock() throws(SystemError) -> Directory {
        try root.makeDirectoryIfMissing(ReadyCopy.directory)
        return try root.directory(ReadyCopy.directory)
    }

    /// Whether change times distinguish untouched copies from those that jobs have changed, except through mappings.
    public var hasExactTimes: Bool {
        guard let kind = filesystemKind else { return false }
        return Spool.timed.contains(kind) || Spool.almostTimed.contains(kind)
    }

    /// Whether writes through a mapping change a file's times. If not, or if that is not known, only its content shows
    /// whether it was changed. By the type: a try would end the process by SIGBUS on a full disk.
    public var timesWritesThroughMappings: Bool { filesystemKind.map(Spool.timed.contains) ?? false }

    private var filesystemKind: UInt64? {
        // Without the type, files are compared by their content.
        (try? root.descriptor.filesystem().kind).map { $0 & 0xffff_ffff }
    }

    /// The content of a copy of a project's current version; nil if there is none.
    public func list(of project: ProjectMetadata) -> CodeList? {
        // Without a list no copies are made; each start copies the code and reports errors.
        try? CodeList(of: VersionCode(of: project.name, version: project.version, in: root))
    }

    private func count(_ copy: ReadyCopy) -> Int {
        guard let stock = root.directoryIfAny(ReadyCopy.directory) else { return 0 }
        return (0..<ReadyCopy.most).count { stock.contains(copy.name($0)) }
    }

    /// Whether another ready copy has to be made.
    public func wantsReady(_ copy: ReadyCopy, like list: CodeList) -> Bool {
        count(copy) < ReadyCopy.wanted(of: list.size)
    }

    /// Makes another ready copy.
    ///
    /// - Parameters:
    ///   - account: the owner; nil for this process's user.
    ///   - pause: called periodically.
    /// - Returns: the record of the copy; nil if none was made.
    public func makeReady(
        _ project: ProjectMetadata, like list: CodeList, for account: Account?, pause: @escaping () -> Void
    ) -> CopyRecord? {
        let copy = ReadyCopy(of: project.name, version: project.version, for: account)
        guard hasRoom(for: list.size) else { return nil }
        return publishReady(copy, copy.copying) { draft throws(SystemError) in
            let code = try VersionCode(of: project.name, version: project.version, in: root)
            try CodeCopy.fill(draft, with: code, for: account, pause: pause)
            return try CopyStamps(of: draft, like: list)
        }
    }

    /// Makes a ready copy out of one in `ready/` that no job has used: the one in which the project was tried at its
    /// push, or a ready copy of an earlier engine.
    ///
    /// - Parameter name: its name there. The caller removes the rest of it.
    /// - Returns: the record of the copy; nil if none was made.
    public func makeReady(
        _ project: ProjectMetadata, like list: CodeList, for account: Account?, of name: String
    ) -> CopyRecord? {
        let copy = ReadyCopy(of: project.name, version: project.version, for: account)
        return publishReady(copy, copy.mending) { draft throws(SystemError) in
            let tried = HandedOutCopy(
                in: try readyStock().directory(name),
                of: try VersionCode(of: project.name, version: project.version, in: root),
                like: list, from: .unused, for: account)
            return try CopySalvage(of: tried, for: account).move(into: draft)
        }
    }

    /// Makes a ready copy out of the one that a job has used. Files that the job has created or changed stay in place.
    /// No process of the job may be alive.
    ///
    /// - Parameters:
    ///   - job: the job.
    ///   - list: the content of a copy of its version.
    ///   - record: returns the record of the copy with an inode.
    /// - Returns: the record of the new copy, nil if none was made; and whether the job's working directory is
    ///   completely trimmed.
    public func takeBack(
        from job: borrowing JobDirectory, of project: ProjectName, version: Int, like list: CodeList,
        for account: Account?, record: (UInt64) -> CopyRecord?
    ) -> (copy: CopyRecord?, isTrimmed: Bool) {
        let copy = ReadyCopy(of: project, version: version, for: account)
        guard let place = job.workPlaces().last, place.isCurrent, let preparation = place.preparation,
            preparation.version == version, let work = job.directory.directoryIfAny(place.name),
            let inode = work.descriptor.informationIfAny?.inode, count(copy) < ReadyCopy.most(of: list.size)
        else { return (nil, false) }
        var isTrimmed = false
        let made = publishReady(copy, copy.mending) { draft throws(SystemError) in
            // Without such times each file is compared.
            let known = record(inode).flatMap { $0.copy == copy && timesWritesThroughMappings ? $0.stamps : nil }
            let salvage = CopySalvage(
                of: HandedOutCopy(
                    in: try work.duplicate(), of: try VersionCode(of: project, version: version, in: root), like: list,
                    from: known.map { .recorded($0, preparation) } ?? .filled(preparation), for: account),
                for: account)
            guard list.isMostlyThere(without: salvage.missing) else {
                throw SystemError(code: ECANCELED, operation: "take the copy back")
            }
            let stamps = try salvage.move(into: draft)
            // If it is not noted, the directory is trimmed again.
            isTrimmed = !salvage.leavesSomething && (try? job.noteTrimmed(place)) != nil
            return stamps
        }
        return (made, isTrimmed)
    }

    /// Fills a directory and makes it a ready copy.
    ///
    /// - Parameter name: its name while it is in the making.
    private func publishReady(
        _ copy: ReadyCopy, _ name: String, _ fill: (borrowing Directory) throws(SystemError) -> CopyStamps
    ) -> CopyRecord? {
        do throws(SystemError) {
            let stock = try readyStock()
            // A leftover of an interrupted copy.
            try stock.removeTree(name)
            try stock.makeDirectory(name)
            let draft = try stock.directory(name)
            let stamps = try fill(draft)
            let inode = try draft.descriptor.information().inode
            try ReadyCopy.seal(draft)
            guard let number = (0..<ReadyCopy.most).first(where: { !stock.contains(copy.name($0)) }) else {
                throw SystemError(code: EEXIST, operation: "make another copy ready")
            }
            try stock.move(name, to: stock, as: copy.name(number))
            return CopyRecord(copy: copy, inode: inode, stamps: stamps)
        } catch {
            root.removeLeftoverTree(RelativePath([FileName(ReadyCopy.directory), FileName(name)]))
            return nil
        }
    }

    private func hasRoom(for size: CodeCopy.Size) -> Bool {
        // Without knowing the room, no copy is made.
        guard let room = try? room(), room.state == .ok, let system = try? root.room() else { return false }
        let inodes = Int64(size.files).multipliedReportingOverflow(by: Spool.readyReserve).partialValue
        return room.freeBytes / Spool.readyReserve > size.bytes
            && (system.totalInodes == 0 || system.freeInodes > inodes)
    }

    /// Takes the copy in which a version was tried at its push out of reach. It is taken once, even if it cannot be removed
    /// afterwards.
    ///
    /// - Parameter token: a unique id.
    /// - Returns: its name in `ready/`; nil if there is none.
    public func takeTriedCopy(of copy: ReadyCopy, token: JobID) -> String? {
        guard let stock = root.directoryIfAny(ReadyCopy.directory), stock.contains(copy.tried) else { return nil }
        return retire(copy.tried, in: stock, token)
    }

    /// Opens the ready copy of a record; nil if it was taken.
    public func ready(_ record: CopyRecord) -> Directory? {
        guard let stock = root.directoryIfAny(ReadyCopy.directory) else { return nil }
        for number in 0..<ReadyCopy.most {
            guard let directory = stock.directoryIfAny(record.copy.name(number)) else { continue }
            if directory.descriptor.informationIfAny?.inode == record.inode { return directory }
        }
        return nil
    }

    // MARK: Retiring

    private static let retired = "retired."

    /// Renames everything in `ready/` so that no job finds it. A job that takes a copy at this moment gets all of it.
    ///
    /// - Parameter token: returns a unique id.
    /// - Returns: the new names there, each with its copy if known.
    public func retireAllReady(token: () -> JobID) -> [(name: String, copy: ReadyCopy?)] {
        // Copies that cannot be renamed now are removed when an engine opens the spool again.
        guard let stock = root.directoryIfAny(ReadyCopy.directory) else { return [] }
        return stock.namesIfAny().compactMap { name in
            guard !name.hasPrefix(Spool.retired) else { return (name, nil) }
            return retire(name, in: stock, token()).map { ($0, ReadyCopy(name: name)) }
        }
    }

    /// Renames the copies of a project so that no job finds them.
    ///
    /// - Parameters:
    ///   - kept: the copies that stay.
    ///   - token: returns a unique id.
    /// - Returns: names in `ready/` that the caller has to remove.
    public func retireReady(of project: ProjectName, besides kept: ReadyCopy?, token: () -> JobID) -> [String] {
        guard let stock = root.directoryIfAny(ReadyCopy.directory) else { return [] }
        return stock.namesIfAny().compactMap { name in
            guard let copy = ReadyCopy(name: name), copy.project == project, copy != kept else { return nil }
            return retire(name, in: stock, token())
        }
    }

    /// Moves the copies of a version into `tmp/` before that version is published: a removed project of the same name may
    /// have had a version of this number. The engine's hourly look deletes them there.
    func retireReady(of project: ProjectName, version: Int) throws(SystemError) {
        guard let stock = try root.directoryIfUsable(ReadyCopy.directory) else { return }
        for name in try stock.names() where ReadyCopy.isName(name, of: project, version: version) {
            do throws(SystemError) {
                _ = try moveToRubbish(name, of: stock, in: tmp, as: "ready")
            } catch {
                // A job or the engine has taken it meanwhile.
                if !error.isMissing { throw error }
            }
        }
    }

    /// Identifies the code of a project's current version; nil if there is none. Other code in its place has another stamp.
    public func codeStamp(of project: ProjectMetadata) -> CodeStamp? {
        guard let code = projects.directoryIfAny("\(project.name)/versions/\(project.version)/code") else { return nil }
        return code.descriptor.informationIfAny.map { CodeStamp(stamp: CopyStamps.Stamp($0)) }
    }

    private func retire(_ name: String, in stock: borrowing Directory, _ token: JobID) -> String? {
        let gone = "\(Spool.retired)\(token)"
        // A copy that cannot be renamed was taken meanwhile, or is retired when an engine opens the spool again.
        return (try? stock.rename(name, to: gone)).map { gone }
    }

    /// Removes an entry of `ready/` that is not used any more.
    public func removeReady(_ name: String) throws(SystemError) {
        try root.directory(ReadyCopy.directory).removeTree(name)
    }
}
