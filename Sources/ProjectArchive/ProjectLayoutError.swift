/// Why no project was found in an unpacked archive.
public enum ProjectLayoutError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Neither the top nor a directory there has a `scrapy.cfg`.
    case noProject
    /// A distribution that setuptools or scrapyd-client built from a project; its kind, as in "an egg".
    case built(String)
    /// An egg or a wheel without the entry point that names the project's settings.
    case noSettings
    /// An egg or a wheel whose entry point names something that is no module.
    case badSettings(String)
    /// `scrapy.cfg` has a mistake.
    ///
    /// The path is relative to the archive's root. The line begins at 1; it is nil for an error of the whole file.
    case configuration(path: String, line: Int?, message: String)
    /// `scrapy.cfg` has no `project` in `[deploy]`; the path is relative to the archive's root.
    case noName(path: String)
    /// The name in `scrapy.cfg` cannot be the name of a project.
    case badName(String)
    /// The archive does not hold the requested project.
    case noDirectory(String)
    /// An unpacked file could not be read; an `errno`.
    case storage(Int32)

    /// A sentence for the sender of the archive, without a full stop.
    public var description: String {
        switch self {
        case .noProject:
            "No project found in the archive: a scrapy.cfg has to be at its top, or in a directory there. Pack the directory"
                + " of a Scrapy project, and see that its scrapy.cfg has the lines [settings], default = NAME.settings,"
                + " [deploy] and project = NAME"
        case .built(let kind):
            "No project found in the archive: it is \(kind), which has no scrapy.cfg in it. Push the project's directory"
                + " instead: run `scrapy-spool push` in the directory with the scrapy.cfg, or run `zip -qr project.zip .`"
                + " there and send project.zip"
        case .noSettings:
            "The archive is an egg or a wheel without the settings of a Scrapy project: its entry_points.txt has to have the"
                + " lines [scrapy] and settings = NAME.settings, as scrapyd-deploy writes them"
        case .badSettings(let module):
            "The archive is an egg or a wheel whose entry_points.txt names the settings \(quoted(module)), which is no module:"
                + " write settings = NAME.settings below [scrapy]"
        case .configuration(let path, let line, let message):
            "Can't extract project name from the config file: \(path)\(line.map { ":\($0)" } ?? ""): \(message)"
        case .noName(let path):
            "Can't extract project name from the config file: \(path): there is no project in section [deploy]."
                + " Write into it the line [deploy], if it has none, and below that one project = NAME, with the name that the"
                + " project is to have; sections like [deploy:target] are not read"
        case .badName(let name):
            "The project's name \(quoted(name)) is not accepted: it is 1 to 255 bytes without slashes and control"
                + " characters, and does not begin with a dot or a hyphen"
        case .noDirectory(let name): "Project \(name) not found in the archive"
        case .storage(let code): "The unpacked project cannot be read: \(errorText(code))"
        }
    }
}
