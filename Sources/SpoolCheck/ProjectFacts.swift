internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// The facts about a project that a check uses.
struct ProjectFacts {
    /// Its name, which is that of its directory.
    let name: ProjectName
    /// Its metadata.
    let metadata: Reading<ProjectMetadata>
    /// The kind of the entry `metadata.json`; nil if that is missing.
    let metadataKind: FileInformation.Kind?
    /// The content of its file `status`; nil if that cannot be read.
    let line: String?
    /// The paths in its directory that exist and cannot be read. Facts that depend on them are unknown.
    let obstacles: [Obstacle]
    /// Its versions, newest first.
    let versions: [VersionFacts]
    /// Other names in `versions/` that are not hidden.
    let strangers: [FileName]
    /// Temporary files of interrupted writes.
    let asides: [String]
    /// The attributes of files, by their paths in the project's directory.
    let entries: [String: FileInformation]

    /// Reads a project.
    init(_ name: ProjectName, in directory: borrowing Directory) {
        self.name = name
        metadata = Reading(
            "metadata.json", in: directory, limit: 16 << 20,
            { ProjectMetadata(parsing: $0).flatMap { $0.name == name ? $0 : nil } },
            diagnose: { bytes in
                guard let other = ProjectMetadata(parsing: bytes)?.name else { return Damage.ofMetadata(bytes) }
                return "is of another project, `\(other)`"
            })
        var obstacles: [Obstacle] = []
        do throws(SystemError) {
            line = String(decoding: try directory.content("status", limit: 4096), as: UTF8.self)
        } catch {
            line = nil
            if let obstacle = Obstacle("status", error) { obstacles.append(obstacle) }
        }
        var entries: [String: FileInformation] = [:]
        // Nil if the entry is missing.
        for file in ["metadata.json", "status", "versions"] { entries[file] = directory.informationIfAny(file) }
        asides = [".metadata.json.tmp", ".status.tmp"].filter { directory.contains($0) }
        metadataKind = entries["metadata.json"]?.kind
        var numbers: [Int] = []
        var strangers: [FileName] = []
        var names: [FileName] = []
        do throws(SystemError) {
            names = try directory.directory("versions").entries().map(\.name)
        } catch {
            if let obstacle = Obstacle("versions", error) { obstacles.append(obstacle) }
        }
        for name in names.sorted() where !name.isHidden {
            if let number = name.text.flatMap({ VersionNumber($0) }) {
                numbers.append(number.value)
            } else {
                strangers.append(name)
            }
        }
        self.strangers = strangers
        let present = metadata.value
        versions = numbers.sorted(by: >).map { VersionFacts($0, in: directory, expecting: present?.directory) }
        // Of the others it matters only where one has to take the place of the current one.
        obstacles += versions.compactMap(\.obstacle)
        self.obstacles = obstacles
        for version in versions where version.number == present?.version {
            for file in ["", "/metadata.json", "/archive", "/code"] {
                let path = "versions/\(version.number)\(file)"
                // Nil if the entry is missing.
                entries[path] = directory.informationIfAny(path)
            }
        }
        self.entries = entries
    }

    /// The version that runs start with; nil if it is missing.
    var current: VersionFacts? {
        versions.first { $0.number == metadata.value?.version }
    }
}
