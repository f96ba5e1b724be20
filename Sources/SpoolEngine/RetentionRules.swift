/// Limits on the number, age and size of finished jobs.
public struct RetentionRules: Hashable, Sendable {
    /// The most jobs; nil for any number.
    public var cap: Int?
    /// Seconds for which successful and canceled jobs are kept after their end; nil for ever.
    public var keep: Int?
    /// Seconds for which failed jobs are kept; nil for ever.
    public var keepFailed: Int?
    /// Bytes that their directories may take together; nil for any.
    public var keepSize: Int?
    /// How many jobs, those that ended last, are exempt from the limits on age and size.
    public var floor: Int
    /// How many old versions of each project are kept, the newest ones.
    public var versions = 0
    /// Seconds for which a Python environment is kept that no version names.
    public var environments = 7 * 86_400

    /// Rules with nothing left out.
    public init(cap: Int?, keep: Int?, keepFailed: Int?, keepSize: Int?, floor: Int) {
        self.cap = cap
        self.keep = keep
        self.keepFailed = keepFailed
        self.keepSize = keepSize
        self.floor = floor
    }
}
