internal import LinuxSystem

extension SpoolSight {
    /// The extended attribute of the spool's directory: lines of a token and a time.
    static let attribute = "user.scrapy-spool"

    /// Reads the facts of a tree's file `format`, which may still have a temporary name, and of its directory.
    init(of file: borrowing Descriptor, in root: borrowing Directory, path: String) throws(SystemError) {
        let format = try file.information()
        let directory = try root.descriptor.information()
        let filesystem = try file.filesystem()
        let mount = root.mount()
        var facts = SpoolFacts()
        facts.inode = format.inode
        facts.birth = file.birth
        facts.rootInode = directory.inode
        facts.rootBirth = root.descriptor.birth
        facts.filesystem = String(filesystem.kind, radix: 16)
        // For zfs, whose file handles do not contain it. On other filesystems the id may change with the mount.
        let dataset = filesystem.kind == 0x2fc1_2fc1 ? filesystem.id : nil
        facts.subvolume = (file.subvolume ?? dataset).map { String($0) }
        if let mount {
            let place = "\(mount.kind) \(mount.source) \(mount.place(of: path))"
            // Within the length that older programs read of the file.
            if place.utf8.count <= 2048 { facts.place = place }
        }
        // If the file's device number is not that of a block device, the mount may name one.
        if let device = BlockDevice(number: format.device) ?? mount.flatMap({ BlockDevice(path: $0.source) }) {
            if device.volume.utf8.count <= 512 { facts.volume = device.volume }
            facts.disks = Set(device.disks.filter { $0.utf8.count <= 128 }.sorted().prefix(4))
        }
        facts.machine = Host.digest(ofMachineID: Host.machineID())
        self.init(
            facts: facts, mark: SpoolSight.mark(of: root), modified: format.modified, changed: format.changed,
            snapshotBirth: root.descriptor.snapshotBirth,
            isOverlay: mount?.kind.contains("overlay") ?? false, isContainer: Host.isContainer())
    }

    private static func mark(of root: borrowing Directory) -> Mark {
        do throws(SystemError) {
            guard let value = try root.descriptor.attribute(attribute) else { return .absent }
            return .present(tokens(in: value))
        } catch {
            return .unsupported
        }
    }

    static func tokens(in value: [UInt8]) -> [String: Int64] {
        var tokens: [String: Int64] = [:]
        for line in String(decoding: value, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, let time = Int64(words[1]) { tokens[String(words[0])] = time }
        }
        return tokens
    }
}
