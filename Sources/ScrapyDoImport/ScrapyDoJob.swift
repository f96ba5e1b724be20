/// A job as in a row of the table `schedule` in a store's `schedule.db`, not validated.
public struct ScrapyDoJob: Hashable, Sendable {
    /// The states by scrapy-do's numbers.
    public enum Status: Int64, Sendable {
        case scheduled = 1, pending, running, canceled, successful, failed
    }

    /// The id: a UUID in text.
    public var identifier = ""
    /// The number of its state.
    public var status: Int64 = 0
    /// The number of its creator: 1 the scheduler, 2 the user.
    public var actor: Int64 = 0
    /// The scheduling spec.
    public var schedule = ""
    /// The project.
    public var project = ""
    /// The spider.
    public var spider = ""
    /// The time of the last change, in local time of scrapy-do's machine: `2017-12-11 15:40:39.621948`.
    public var timestamp = ""
    /// The run time in whole seconds; nil for a job that did not run.
    public var duration: Int64?
    /// The description.
    public var description = ""
    /// JSON for the spider.
    public var payload = ""
}
