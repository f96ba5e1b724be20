/// A job as a row of the table `schedule` in a store's `schedule.db` says it. Nothing of it is checked.
public struct ScrapyDoJob: Hashable, Sendable {
    /// What scrapy-do's numbers for states stand for.
    public enum Status: Int64, Sendable {
        case scheduled = 1, pending, running, canceled, successful, failed
    }

    /// The id: a UUID in text.
    public var identifier = ""
    /// The number of its state.
    public var status: Int64 = 0
    /// The number of who made it: 1 the scheduler, 2 the user.
    public var actor: Int64 = 0
    /// The scheduling spec.
    public var schedule = ""
    /// The project.
    public var project = ""
    /// The spider.
    public var spider = ""
    /// The time of the last change, local to the machine that scrapy-do ran on: `2017-12-11 15:40:39.621948`.
    public var timestamp = ""
    /// Whole seconds that it ran; nil for a job that did not.
    public var duration: Int64?
    /// The description.
    public var description = ""
    /// JSON for the spider.
    public var payload = ""
}
