extension Configuration {
    /// The rules on finished jobs.
    public struct Kept: Hashable, Sendable {
        /// The most jobs; nil for any number.
        public let cap: Int?
        /// Seconds for which successful and canceled jobs are kept, and failed ones; nil for ever.
        public let keep: Int?, keepFailed: Int?
        /// Bytes that they may take; nil for any.
        public let keepSize: Int?
        /// How many jobs, those that ended last, are exempt from the limits on age and size.
        public let floor: Int
    }

    /// The number of finished jobs that were kept before there were limits on their age and size.
    private static let earlierCap = 50

    /// The rules on finished jobs that follow from the configuration.
    ///
    /// If `completed-cap` is set, the limits on age and size apply only if they are set as well. If none of these keys
    /// is set, the defaults spare the jobs that an earlier version kept.
    public var kept: Kept {
        func isSet(_ name: String) -> Bool { places[name] != nil }
        func limit(_ name: String, _ value: Int?) -> Int? { isSet("completed-cap") && !isSet(name) ? nil : value }
        let isSaid = ["completed-cap", "keep", "keep-failed", "keep-size"].contains(where: isSet)
        return Kept(
            cap: completedCap, keep: limit("keep", keep), keepFailed: limit("keep-failed", keepFailed),
            keepSize: limit("keep-size", keepSize), floor: isSaid ? 0 : Configuration.earlierCap)
    }
}
