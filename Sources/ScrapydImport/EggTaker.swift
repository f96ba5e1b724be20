public import ForeignStore
public import LinuxSystem
public import SpoolModel

/// Publishes an egg as a version of a project: unpacks it and lists its spiders. An egg that it cannot take is `.skip`,
/// with a reason.
public protocol EggTaker {
    /// Publishes an egg.
    ///
    /// - Parameters:
    ///   - egg: the file.
    ///   - instant: when it was deployed.
    func take(
        _ egg: borrowing Descriptor, of project: ProjectName, as version: VersionName, at instant: Timestamp
    ) throws(Obstacle)
}
