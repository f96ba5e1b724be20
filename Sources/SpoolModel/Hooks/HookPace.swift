/// When a delivery that failed is tried again.
public enum HookPace {
    /// Seconds before the second, third, … attempt; the last number holds for all further ones.
    private static let pauses: [Int64] = [5, 30, 120, 600, 3600]

    /// The microseconds until the next attempt: the pause with up to a quarter more or less.
    ///
    /// - Parameters:
    ///   - failures: how many attempts failed since the server's start, at least 1.
    ///   - random: any number.
    public static func pause(after failures: Int, random: UInt64) -> Int64 {
        let pause = pauses[min(max(failures, 1), pauses.count) - 1] * 1_000_000
        return pause * 3 / 4 + Int64(random % UInt64(pause / 2 + 1))
    }
}
