/// The engine's messages to a shim that it has spawned before the start is published, as bytes through a pipe. The end
/// of the pipe means that the start is given up.
public enum StartSignal: UInt8 {
    /// The start is published: claim the attempt and run the job.
    case start = 1
    /// The start is published, and not durable yet: claim the attempt and fill `work/`, and wait for `start` with the
    /// spider. A shim of an earlier version takes it for `start`.
    case prepare = 2
}
