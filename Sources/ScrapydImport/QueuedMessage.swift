internal import ForeignStore
internal import SpoolModel

/// scrapyd's record of a pending job: a JSON object with the spider's name, `_job`, `settings`, perhaps `_version`, and
/// the spider's arguments.
struct QueuedMessage {
    let spider: SpiderName
    /// The client's id.
    let id: String
    let version: String?
    let options: JobOptions

    /// Reads a message.
    init(_ bytes: [UInt8]?) throws(Obstacle) {
        guard let bytes else { throw .skip("its message is missing") }
        let json: JSON
        do throws(JSONError) {
            json = try JSON(parsing: bytes)
        } catch {
            // Pickles of protocol 2 and later begin with this byte; scrapyd wrote pickles before 1.0.
            let isPickle = bytes.first == 0x80
            throw .skip(
                isPickle
                    ? "its message is a pickle, as old versions of scrapyd wrote" : "its message is no JSON: \(error)")
        }
        guard case .object(let members) = json else { throw .skip("its message is no JSON object") }
        guard let name = json["name"]?.text, let spider = SpiderName(name) else {
            throw .skip("it names no spider, or one that cannot be the name of a spider here")
        }
        guard let id = json["_job"]?.text, ClientRequest.isID(id) else {
            throw .skip("its id is missing or cannot be the name of a file")
        }
        self.spider = spider
        self.id = id
        let version = json["_version"].flatMap { QueuedMessage.text($0) }
        guard version.map(ClientRequest.isVersion) ?? true else {
            throw .skip("the name of its version contains a NUL, which no argument of a spider can have")
        }
        self.version = version
        var options = JobOptions()
        do throws(OptionError) {
            for member in members where !["name", "_job", "_version", "settings"].contains(member.name) {
                guard let text = QueuedMessage.text(member.value) else { throw QueuedMessage.odd(member.name) }
                try options.setArgument(member.name, to: text)
            }
            if case .object(let settings)? = json["settings"] {
                for member in settings {
                    guard let text = QueuedMessage.text(member.value) else { throw QueuedMessage.odd(member.name) }
                    try options.setSetting(member.name, to: text)
                }
            }
        } catch {
            throw .skip("its arguments cannot be used: \(error)")
        }
        self.options = options
    }

    private static func odd(_ name: String) -> OptionError {
        OptionError(name: name, text: "", expected: "a text")
    }

    /// A value as Python's `str()` writes it; nil for a list and an object.
    private static func text(_ value: JSON) -> String? {
        switch value {
        case .string(let text): text
        case .number(let text): text
        case .bool(let isTrue): isTrue ? "True" : "False"
        case .null: "None"
        case .array, .object: nil
        }
    }
}
