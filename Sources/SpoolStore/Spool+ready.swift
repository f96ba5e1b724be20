internal import Glibc
public import LinuxSystem
public import SpoolModel

/// How copies are made ready for jobs. Throws nothing where it can be helped: they are of use, but never needed.
extension Spool {
    /// How many times a ready copy has to fit into what is free.
    private static let readyReserve: Int64 = 16

    /// Kinds of filesystems (statfs(2)) of this machine alone, whose times of change tell each change: ext2 to 4, xfs,
    /// btrfs, f2fs, zfs, tmpfs, overlayfs.
    private static let exact: Set<UInt64> = [
        0xef53, 0x5846_5342, 0x9123_683e, 0xf2f5_2010, 0x2fc1_2fc1, 0x0102_1994, 0x794c_7630,
    ]

    /// The directory of the copies, which is made where it is missing.
    func readyStock() throws(SystemError) -> Directory {
        try root.makeDirectoryIfMissing(ReadyCopy.directory)
        return try root.directory(ReadyCopy.directory)
    }

    /// Whether copies that jobs have worked in can be told from untouched ones by their times of change.
    public var hasExactTimes: Bool {
        guard let kind = try? root.descriptor.filesystem().kind else { return false }
        return Spool.exact.contains(kind & 0xffff_ffff)
    }

    /// What a copy of the current version of a project consists of; nil where there is none.
    public func list(of project: ProjectMetadata) -> CodeList? {
        guard let code = try? VersionCode(of: project.name, version: project.version, in: root) else { return nil }
        return try? CodeList(of: code)
    }

    private func count(_ copy: ReadyCopy) -> Int {
        guard let stock = try? root.directory(ReadyCopy.directory) else { return 0 }
        return (0..<ReadyCopy.most).count { stock.contains(copy.name($0)) }
    }

    /// Whether another copy is to be made ready.
    public func wantsReady(_ copy: ReadyCopy, like list: CodeList) -> Bool {
        count(copy) < ReadyCopy.wanted(of: list.size)
    }

    /// Makes another copy ready.
    ///
    /// - Parameters:
    ///   - account: whose it shall be; nil for this process's user.
    ///   - pause: called now and then meanwhile.
    /// - Returns: what is known of the copy; nil where none was made.
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

    /// Makes a copy ready of one in `ready/` that no job has worked in: the one in which the project was tried at its push, or
    /// one that an engine before this one had made ready.
    ///
    /// - Parameter name: its name there. What is left there is to be removed.
    /// - Returns: what is known of the copy; nil where none was made.
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

    /// Makes a copy ready of the one that a job has worked in, of which what the job has made and changed stays where it is.
    /// Not to be called while anything of the job lives.
    ///
    /// - Parameters:
    ///   - job: the job.
    ///   - list: what a copy of its version consists of.
    ///   - record: what is known of the copy with an inode.
    /// - Returns: what is known of the new copy, nil where none was made; and whether the job's working directory is still
    ///   to be trimmed.
    public func takeBack(
        from job: borrowing JobDirectory, of project: ProjectName, version: Int, like list: CodeList,
        for account: Account?, record: (UInt64) -> CopyRecord?
    ) -> (copy: CopyRecord?, isTrimmed: Bool) {
        let copy = ReadyCopy(of: project, version: version, for: account)
        guard let place = job.workPlaces().last, place.isCurrent, let preparation = place.preparation,
            preparation.version == version, let work = try? job.directory.directory(place.name),
            let inode = try? work.descriptor.information().inode, count(copy) < ReadyCopy.most(of: list.size)
        else { return (nil, false) }
        var isTrimmed = false
        let made = publishReady(copy, copy.mending) { draft throws(SystemError) in
            let known = record(inode).flatMap { $0.copy == copy ? $0.stamps : nil }
            let salvage = CopySalvage(
                of: HandedOutCopy(
                    in: try work.duplicate(), of: try VersionCode(of: project, version: version, in: root), like: list,
                    from: known.map { .recorded($0, preparation) } ?? .filled(preparation), for: account),
                for: account)
            guard list.isMostlyThere(without: salvage.missing) else {
                throw SystemError(code: ECANCELED, operation: "take the copy back")
            }
            let stamps = try salvage.move(into: draft)
            isTrimmed = !salvage.leavesSomething && (try? job.noteTrimmed(place)) != nil
            return stamps
        }
        return (made, isTrimmed)
    }

    /// Fills a directory and makes it ready.
    ///
    /// - Parameter name: what it is called as long as it is not.
    private func publishReady(
        _ copy: ReadyCopy, _ name: String, _ fill: (borrowing Directory) throws(SystemError) -> CopyStamps
    ) -> CopyRecord? {
        guard let stock = try? readyStock() else { return nil }
        do throws(SystemError) {
            // What an interrupted one has left.
            try stock.removeTree(name)
            try stock.makeDirectory(name)
            let draft = try stock.directory(name)
            let stamps = try fill(draft)
            let inode = try draft.descriptor.information().inode
            guard let number = (0..<ReadyCopy.most).first(where: { !stock.contains(copy.name($0)) }) else {
                throw SystemError(code: EEXIST, operation: "make another copy ready")
            }
            try stock.move(name, to: stock, as: copy.name(number))
            return CopyRecord(copy: copy, inode: inode, stamps: stamps)
        } catch {
            // What cannot be removed goes with the next one.
            try? stock.removeTree(name)
            return nil
        }
    }

    private func hasRoom(for size: CodeCopy.Size) -> Bool {
        guard let room = try? room(), room.state == .ok, let system = try? root.room() else { return false }
        let inodes = Int64(size.files).multipliedReportingOverflow(by: Spool.readyReserve).partialValue
        return room.freeBytes / Spool.readyReserve > size.bytes
            && (system.totalInodes == 0 || system.freeInodes > inodes)
    }

    /// The name of the copy in which a version was tried at its push; nil where there is none.
    public func triedCopy(of copy: ReadyCopy) -> String? {
        (try? root.directory(ReadyCopy.directory))?.contains(copy.tried) == true ? copy.tried : nil
    }

    /// Opens the ready copy with an inode; nil where it was taken.
    public func ready(_ record: CopyRecord) -> Directory? {
        guard let stock = try? root.directory(ReadyCopy.directory) else { return nil }
        for number in 0..<ReadyCopy.most {
            guard let directory = try? stock.directory(record.copy.name(number)) else { continue }
            if (try? directory.descriptor.information().inode) == record.inode { return directory }
        }
        return nil
    }

    // MARK: Out of reach

    private static let retired = "retired."

    /// Takes all that stands in `ready/` out of reach, at once: a job that takes a copy at this moment has it whole.
    ///
    /// - Parameter token: gives an id that nobody else has.
    /// - Returns: names there, each with what it is a copy of if that is known.
    public func retireAllReady(token: () -> JobID) -> [(name: String, copy: ReadyCopy?)] {
        // What cannot be had now goes when an engine opens the spool the next time.
        guard let stock = try? root.directory(ReadyCopy.directory), let names = try? stock.names() else { return [] }
        return names.compactMap { name in
            guard !name.hasPrefix(Spool.retired) else { return (name, nil) }
            return retire(name, in: stock, token()).map { ($0, ReadyCopy(name: name)) }
        }
    }

    /// Takes the copies of a project out of reach.
    ///
    /// - Parameters:
    ///   - kept: the copies that stay.
    ///   - token: gives an id that nobody else has.
    /// - Returns: names in `ready/` that are to be removed.
    public func retireReady(of project: ProjectName, besides kept: ReadyCopy?, token: () -> JobID) -> [String] {
        guard let stock = try? root.directory(ReadyCopy.directory), let names = try? stock.names() else { return [] }
        return names.compactMap { name in
            guard let copy = ReadyCopy(name: name), copy.project == project, copy != kept else { return nil }
            return retire(name, in: stock, token())
        }
    }

    private func retire(_ name: String, in stock: borrowing Directory, _ token: JobID) -> String? {
        let gone = "\(Spool.retired)\(token)"
        return (try? stock.rename(name, to: gone)).map { gone }
    }

    /// Removes something in `ready/` that nobody has a use for.
    public func removeReady(_ name: String) throws(SystemError) {
        try root.directory(ReadyCopy.directory).removeTree(name)
    }
}
