extension Configuration {
    /// Which finished jobs are kept.
    public struct Kept: Hashable, Sendable {
        /// The most jobs; nil for any number.
        public let cap: Int?
        /// Seconds for which those are kept that have not failed, and those that have; nil for ever.
        public let keep: Int?, keepFailed: Int?
        /// Bytes that they may take; nil for any.
        public let keepSize: Int?
        /// How many jobs, those that ended last, stay whatever their age and size.
        public let floor: Int
    }

    /// How many finished jobs were kept before there was a limit on their age and size.
    private static let earlierCap = 50

    /// Which finished jobs are kept by what is configured.
    ///
    /// Whoever has named the number alone has said what goes: then the defaults of age and size do not hold. Where nothing was
    /// said, they take none of the jobs that an earlier version kept.
    public var kept: Kept {
        func isSet(_ name: String) -> Bool { places[name] != nil }
        func limit(_ name: String, _ value: Int?) -> Int? { isSet("completed-cap") && !isSet(name) ? nil : value }
        let isSaid = ["completed-cap", "keep", "keep-failed", "keep-size"].contains(where: isSet)
        return Kept(
            cap: completedCap, keep: limit("keep", keep), keepFailed: limit("keep-failed", keepFailed),
            keepSize: limit("keep-size", keepSize), floor: isSaid ? 0 : Configuration.earlierCap)
    }
}
