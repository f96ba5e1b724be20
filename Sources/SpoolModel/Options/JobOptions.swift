/// What a job was asked for besides its spider: the members of `metadata.json` that say how it runs and how it is judged.
/// They are written once, with the job, so that a later change of a default changes no job that is asked for.
///
/// A nil member was not asked for, and a default of the project or of the configuration holds (``filled(from:)``).
public struct JobOptions: Hashable, Sendable {
    /// The most bytes that all arguments and settings of a job have together, with their names.
    public static let longestTexts = 120 << 10
    /// The valid priorities, and the one of a job that names none.
    public static let priorities = 0...9, normalPriority = 5
    /// The highest number of retries.
    public static let mostRetries = 100
    /// The most arguments and settings of a job together.
    public static let mostTexts = 1000
    /// The most tags of a job.
    public static let mostTags = 32

    /// Arguments of the spider (`-a`), in the order given, each name once.
    public var arguments: [NamedText] { argumentTexts.all }
    /// Settings of the crawl (`-s`), in the order given, each name once.
    public var settings: [NamedText] { settingTexts.all }
    private var argumentTexts = NamedTexts()
    private var settingTexts = NamedTexts()
    /// A higher one starts first.
    public var priority: Int?
    /// Words by which limits count jobs, each once.
    public var tags: [JobTag]?
    /// The rules that make a crawl that has ended by itself a failure.
    public var rules: [FailRule]?
    /// Limits on the run.
    public var limits = JobLimits()
    /// Whether and when the job is tried again after a failure.
    public var retry = RetryPolicy()
    /// The version of the project's code; nil for the one that is current at the start.
    public var version: VersionNumber?

    /// No options.
    public init() {}

    /// Whether nothing was asked for.
    public var isEmpty: Bool { self == JobOptions() }

    /// The options with the members that they leave open taken from defaults.
    public func filled(from defaults: JobOptions) -> JobOptions {
        var options = self
        options.argumentTexts.fill(from: defaults.argumentTexts)
        options.settingTexts.fill(from: defaults.settingTexts)
        options.priority = priority ?? defaults.priority
        options.tags = tags ?? defaults.tags
        options.rules = rules ?? defaults.rules
        options.limits = limits.filled(from: defaults.limits)
        options.retry = retry.filled(from: defaults.retry)
        options.version = version ?? defaults.version
        return options
    }

    // MARK: Texts

    /// The names that ``set(_:to:)`` takes, besides `arg.NAME` and `setting.NAME`.
    public static let names = [
        "priority", "tags", "fail-if", "time-limit", "memory-limit", "stall-limit", "linger-limit", "retries",
        "retry-delay", "retry-on", "version",
    ]

    /// Sets an option by the name that the API, the configuration and the client give it (``names``, `arg.NAME`,
    /// `setting.NAME`).
    ///
    /// - Returns: false if there is no option of that name.
    public mutating func set(_ name: String, to text: String) throws(OptionError) -> Bool {
        func fail(_ what: String) -> OptionError { OptionError(name: name, text: text, expected: what) }
        if name.hasPrefix("arg.") {
            try add(text, as: name.dropFirst(4), to: \.argumentTexts, of: name)
            return true
        }
        if name.hasPrefix("setting.") {
            try add(text, as: name.dropFirst(8), to: \.settingTexts, of: name)
            return true
        }
        switch name {
        case "priority":
            guard let number = Int(text), JobOptions.priorities.contains(number) else {
                throw fail("a number from 0 to 9")
            }
            priority = number
        case "tags": tags = try JobOptions.tags(text)
        case "fail-if": rules = try FailRule.list(text)
        case "time-limit", "stall-limit", "linger-limit", "memory-limit": try limits.set(name, to: text)
        case "retries", "retry-delay", "retry-on": try retry.set(name, to: text)
        case "version":
            guard let number = VersionNumber(text) else { throw fail("the number of a version of the project") }
            version = number
        default: return false
        }
        return true
    }

    /// Removes an option by its name, so that a default holds.
    ///
    /// - Returns: whether it was there.
    public mutating func remove(_ name: String) -> Bool {
        guard texts.contains(where: { $0.name == name }) else { return false }
        switch name {
        case "priority": priority = nil
        case "tags": tags = nil
        case "fail-if": rules = nil
        case "time-limit": limits.time = nil
        case "stall-limit": limits.stall = nil
        case "linger-limit": limits.linger = nil
        case "memory-limit": limits.memory = nil
        case "retries": retry.count = nil
        case "retry-delay": retry.delay = nil
        case "retry-on": retry.causes = nil
        case "version": version = nil
        default:
            return name.hasPrefix("arg.")
                ? argumentTexts.remove(String(name.dropFirst(4))) : settingTexts.remove(String(name.dropFirst(8)))
        }
        return true
    }

    /// The options by name, as texts that ``set(_:to:)`` reads.
    public var texts: [NamedText] {
        var texts = arguments.map { NamedText(name: "arg.\($0.name)", text: $0.text) }
        texts += settings.map { NamedText(name: "setting.\($0.name)", text: $0.text) }
        func add(_ name: String, _ text: String?) { if let text { texts.append(NamedText(name: name, text: text)) } }
        add("priority", priority.map { "\($0)" })
        add("tags", tags?.map(\.description).joined(separator: ","))
        add("fail-if", rules?.map(\.description).joined(separator: ","))
        texts += limits.texts + retry.texts
        add("version", version.map { "\($0.value)" })
        return texts
    }

    private static func tags(_ text: String) throws(OptionError) -> [JobTag] {
        var tags: [JobTag] = []
        for word in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            guard let tag = JobTag(String(word)) else {
                throw OptionError(
                    name: "tags", text: text, expected: "words of letters, digits and . _ : / -, joined by commas")
            }
            if !tags.contains(tag) { tags.append(tag) }
        }
        guard tags.count <= mostTags else {
            throw OptionError(name: "tags", text: text, expected: "at most \(mostTags) words")
        }
        return tags
    }

    /// Sets an argument of any name, also an empty one, as Scrapy's command line takes it.
    public mutating func setArgument(_ name: String, to text: String) throws(OptionError) {
        try add(text, as: name[...], to: \.argumentTexts, of: "arg.\(name)", isAnyName: true)
    }

    /// Sets a setting of any name, also an empty one.
    public mutating func setSetting(_ name: String, to text: String) throws(OptionError) {
        try add(text, as: name[...], to: \.settingTexts, of: "setting.\(name)", isAnyName: true)
    }

    /// Adds an argument or a setting; a name that is there already gets the new text.
    private mutating func add(
        _ text: String, as name: Substring, to list: WritableKeyPath<JobOptions, NamedTexts>, of option: String,
        isAnyName: Bool = false
    ) throws(OptionError) {
        guard isAnyName ? !name.utf8.contains(0) : NamedText.isName(name) else {
            throw OptionError(
                name: option, text: text, expected: "a name of letters, digits and _ that begins with no digit",
                isAboutName: true)
        }
        guard isAnyName || option != "arg.payload" else {
            throw OptionError(
                name: option, text: text, expected: "another name, since the job's payload is the argument of this one",
                isAboutName: true)
        }
        // Neither fits into the command line of a program (execve(2)).
        guard !text.utf8.contains(0) else {
            throw OptionError(name: option, text: "", expected: "a text without a NUL character")
        }
        self[keyPath: list].set(NamedText(name: String(name), text: text))
        try checkLength(after: option)
    }

    /// Throws if all arguments and settings together are too many or too long. They may be after ``filled(from:)``, of options that are
    /// not.
    ///
    /// - Parameter option: the name of the last one.
    public func checkLength(after option: String? = nil) throws(OptionError) {
        let isLong = argumentTexts.byteCount + settingTexts.byteCount > JobOptions.longestTexts
        guard isLong || arguments.count + settings.count > JobOptions.mostTexts else { return }
        let last = option ?? settings.last.map { "setting.\($0.name)" } ?? arguments.last.map { "arg.\($0.name)" }
        throw OptionError(
            name: last ?? "", text: "",
            expected: isLong
                ? "at most \(JobOptions.longestTexts) bytes in all arguments and settings"
                : "at most \(JobOptions.mostTexts) arguments and settings")
    }
}
