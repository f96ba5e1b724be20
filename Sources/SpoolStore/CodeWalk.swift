internal import Glibc
internal import LinuxSystem

/// An operation on each directory, file and link of a project's code. Paths are relative to a copy of the project.
protocol CodeVisitor: ~Copyable {
    /// Enters a directory. The names seen next are in it.
    ///
    /// - Returns: false to skip it and everything below it.
    mutating func enter(_ path: RelativePath) throws(SystemError) -> Bool
    /// Visits a file.
    ///
    /// - Parameters:
    ///   - original: the path of the file in `source`.
    mutating func see(
        _ name: FileName, like original: some PathBytes, in source: borrowing Directory
    ) throws(SystemError)
    /// Visits a symbolic link to another place in the project.
    mutating func see(_ name: FileName, linkedTo target: String) throws(SystemError)
    /// Called after all names of the directory that was entered last.
    mutating func leave() throws(SystemError)
}

/// A walk through the directory of an archive in which `scrapy` runs.
///
/// A link to a place in the archive outside of that directory is visited as the file or directory that it leads to. So
/// the project is complete in itself, and no link leads out of it. Each directory is opened by its path, so the depth
/// does not cost descriptors.
struct CodeWalk: ~Copyable {
    /// A tree of the archive, and its place in the project.
    private struct Root {
        let source: RelativePath, target: RelativePath
    }

    /// A directory to visit.
    private struct Step {
        let source: RelativePath, target: RelativePath
        /// The trees that contain it, the innermost last.
        let roots: [Root]
    }

    /// The greatest depth: more than an archive may have, also through links.
    private static let deepest = 100
    /// The most names: links may produce the same name many times.
    private static let most = 200_000

    private let place: VersionCode
    private var pending: [Step]
    private var count = 0

    init(through place: consuming VersionCode) {
        pending = [
            Step(
                source: place.top, target: RelativePath(), roots: [Root(source: place.top, target: RelativePath())])
        ]
        self.place = place
    }

    /// Walks once. Throws ELOOP if links make the project unreasonably deep or large.
    mutating func run(_ visitor: inout some CodeVisitor & ~Copyable) throws(SystemError) {
        while let step = pending.popLast() {
            guard try visitor.enter(step.target) else { continue }
            let source = try place.code.directory(step.source)
            for (name, kind) in try source.entries() {
                count += 1
                guard count <= CodeWalk.most else { throw CodeWalk.excess }
                let kind = if let kind { kind } else { try source.information(name).kind }
                switch kind {
                case .file: try visitor.see(name, like: name, in: source)
                case .directory:
                    try push(
                        Step(
                            source: step.source.appending(name), target: step.target.appending(name),
                            roots: step.roots))
                case .symbolicLink: try follow(name, at: step, in: source, &visitor)
                case .other: break
                }
            }
            try visitor.leave()
        }
    }

    private mutating func push(_ step: Step) throws(SystemError) {
        guard step.target.names.count <= CodeWalk.deepest else { throw CodeWalk.excess }
        pending.append(step)
    }

    private static var excess: SystemError {
        SystemError(code: ELOOP, operation: "copy the project, which is too deep or too large by its links")
    }

    private mutating func follow(
        _ name: FileName, at step: Step, in source: borrowing Directory, _ visitor: inout some CodeVisitor & ~Copyable
    ) throws(SystemError) {
        let text = try source.target(ofLink: name)
        guard let (real, kind) = try destination(of: step.source.appending(name)) else {
            // A broken link is kept as it was packed, unless it leads out of the project.
            if step.target.place(ofLink: text) != nil { try visitor.see(name, linkedTo: text) }
            return
        }
        for root in step.roots.reversed() {
            guard let rest = real.remainder(below: root.source) else { continue }
            let place = RelativePath(root.target.names + rest.names)
            if step.target.place(ofLink: text) == place { return try visitor.see(name, linkedTo: text) }
            if let link = RelativePath.link(from: step.target, to: place) { try visitor.see(name, linkedTo: link) }
            return
        }
        switch kind {
        case .file: try visitor.see(name, like: real, in: place.code)
        case .directory:
            let target = step.target.appending(name)
            try push(
                Step(source: real, target: target, roots: step.roots + [Root(source: real, target: target)]))
        case .symbolicLink, .other: break
        }
    }

    /// The path in `code/` and the type of a link's target, through all links; nil for a link that leads to nothing
    /// there.
    private func destination(of path: RelativePath) throws(SystemError) -> (RelativePath, FileInformation.Kind)? {
        let found: Descriptor
        do throws(SystemError) {
            found = try place.code.destination(of: path)
        } catch {
            // Other errors must not leave a file out of a copy.
            guard error.isAboutFile else { throw error }
            return nil
        }
        let base = try place.code.absolutePath()
        let full = try Directory(path: "/proc/self/fd").target(ofLink: String(found.number))
        guard full.hasPrefix(base + "/") else { return nil }
        let kind = try found.information().kind
        return (RelativePath(Substring(full.utf8.dropFirst(base.utf8.count + 1))), kind)
    }
}
