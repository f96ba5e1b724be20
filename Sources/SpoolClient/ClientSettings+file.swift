internal import INI
internal import LinuxSystem

extension ClientSettings {
    /// The settings in the files of a home directory: `.scrapy-spool.cfg`, or `.scrapy-do.cfg` if the first is missing.
    ///
    /// They are not merged: a password in one must not be sent to the server of the other.
    public static func files(inHome home: String) throws(ClientError) -> ClientSettings {
        let own = "\(home)/.scrapy-spool.cfg"
        if let text = try text(of: own, isSecret: true) { return try ClientSettings(own: text, path: own) }
        let other = "\(home)/.scrapy-do.cfg"
        if let text = try text(of: other, isSecret: false) { return try ClientSettings(scrapyDo: text, path: other) }
        return ClientSettings()
    }

    /// Parses the program's own file: section `[scrapy-spool]`, in which an unknown key is an error.
    public init(own text: String, path: String) throws(ClientError) {
        self.init()
        let section = "scrapy-spool"
        do throws(INIError) {
            let document = try INIDocument(parsing: text)
            for other in document.sections where other.name != section {
                throw INIError(line: other.line, message: "there is no section [\(other.name)] here, only [\(section)]")
            }
            for entry in document.section(section)?.entries ?? [] {
                guard let value = try document.value(section: section, key: entry.key) else { continue }
                try set(entry.key, to: value.text, line: entry.line)
            }
        } catch {
            throw ClientError(.usage, "\(path): \(error)")
        }
    }

    /// Parses the file of scrapy-do's client: four keys of section `[scrapy-do]`; all others are ignored.
    public init(scrapyDo text: String, path: String) throws(ClientError) {
        self.init()
        do throws(INIError) {
            let document = try INIDocument(parsing: text)
            for key in ["url", "username", "password", "print-format"] {
                guard let value = try document.value(section: "scrapy-do", key: key) else { continue }
                try set(key, to: value.text, line: value.line)
            }
        } catch {
            throw ClientError(.usage, "\(path): \(error)")
        }
    }

    private mutating func set(_ key: String, to value: String, line: Int) throws(INIError) {
        switch key {
        case "url": url = value
        case "username": username = value
        case "password": password = value
        case "token": token = value
        case "print-format": printFormat = value
        case "ca-file": authorityFile = value
        case "verify-ssl":
            guard let truth = ClientSettings.truth(value) else {
                throw INIError(line: line, message: "verify-ssl is \(value), but must be yes or no")
            }
            verifiesCertificate = truth
        default:
            let keys = "url, username, password, token, print-format, verify-ssl and ca-file"
            throw INIError(line: line, message: "there is no key \(key); the keys are \(keys)")
        }
    }

    /// The text of a file; nil when the file is missing.
    private static func text(of path: String, isSecret: Bool) throws(ClientError) -> String? {
        let bytes: [UInt8]
        let isReadByOthers: Bool
        do throws(SystemError) {
            let file = try Descriptor(reading: path)
            isReadByOthers = try file.information().permissions & 0o077 != 0
            bytes = try file.readAll(limit: 1 << 20)
        } catch {
            if error.isMissing { return nil }
            throw ClientError(.usage, "\(path): \(error.reason)")
        }
        guard !isSecret || !isReadByOthers else {
            throw ClientError(.usage, "\(path) may hold a password, but others can read it: chmod 600 \(path)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ClientError(.usage, "\(path): the file is not UTF-8")
        }
        return text
    }
}
