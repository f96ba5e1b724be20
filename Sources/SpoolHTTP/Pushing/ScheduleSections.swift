internal import Forms
internal import INI
internal import Scheduling
internal import SpoolModel

/// The sections `[scrapy-spool schedule NAME]` of a project's `scrapy.cfg`: schedules that a push puts in force.
///
/// Their keys are the fields of `schedule-job.json` without `project`.
struct ScheduleSections {
    /// The beginning of the name of such a section.
    static let prefix = "scrapy-spool schedule "

    private let document: INIDocument
    private let sections: [INISection]

    /// Parses the file. Throws for one that configparser would refuse.
    init(parsing bytes: [UInt8]) throws(APIError) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .badRequest("scrapy.cfg is not UTF-8: save it as UTF-8")
        }
        do throws(INIError) {
            document = try INIDocument(parsing: text)
        } catch {
            throw ScheduleSections.error(at: error.line, error.message)
        }
        sections = document.sections.filter { $0.name.hasPrefix(ScheduleSections.prefix) }
        if let section = document.sections.first(where: { $0.name == ScheduleSections.prefix.dropLast() }) {
            throw ScheduleSections.error(
                at: section.line, "the section [\(section.name)] has no name: write [\(section.name) NAME]")
        }
        guard sections.count <= DeclaredSchedules.most else {
            throw .badRequest("scrapy.cfg declares \(sections.count) schedules; the most are \(DeclaredSchedules.most)")
        }
    }

    /// A schedule that a section declares.
    struct Declared {
        let name: ScheduleName
        /// Its keys, by the names of the fields that they are, with their values and lines.
        let fields: [(name: String, text: String, line: Int)]
        /// The line of the section.
        let line: Int

        /// The text of a field; nil if it is not there.
        func text(_ name: String) -> String? { fields.first { $0.name == name }?.text }

        /// Runs a check of a field; its error names the line.
        func at<Result>(
            _ name: String, _ check: () throws(APIError) -> Result
        ) throws(APIError) -> Result {
            do throws(APIError) {
                return try check()
            } catch {
                throw ScheduleSections.error(at: fields.first { $0.name == name }?.line ?? line, error.message)
            }
        }

        /// Its fields as those of a form.
        func parameters() throws(APIError) -> Parameters {
            var parameters = try Parameters(path: "/")
            do throws(FormError) {
                var form = FormFields(limit: .max)
                for field in fields {
                    try form.begin(name: Array(field.name.utf8), filename: nil)
                    try form.data(Array(field.text.utf8).span)
                    form.end()
                }
                parameters.form = form
            } catch {
                throw ScheduleSections.error(at: line, error.message)
            }
            return parameters
        }
    }

    /// The schedules, in the order of the file.
    func declared() throws(APIError) -> [Declared] {
        var all: [Declared] = []
        for section in sections {
            guard let name = ScheduleName(String(section.name.dropFirst(ScheduleSections.prefix.count))) else {
                throw ScheduleSections.error(
                    at: section.line,
                    "the name of a schedule is at most 100 letters, digits and . _ : / -, as in [scrapy-spool schedule nightly]"
                )
            }
            var fields: [(name: String, text: String, line: Int)] = []
            for entry in section.entries {
                let field = ScheduleSections.field(of: entry)
                guard Endpoint.scheduleJob.reads(field), field != "project" else {
                    let known = Endpoint.scheduleJob.fields.filter { $0 != "project" }
                    let meant = Suggestion.nearest(to: field, among: known).map { ": did you mean \($0)?" }
                    throw ScheduleSections.error(
                        at: entry.line, "`\(entry.name)` is no key of a schedule\(meant ?? "")")
                }
                do throws(INIError) {
                    let text = try document.value(section: section.name, key: entry.key)?.text ?? ""
                    fields.append((field, text, entry.line))
                } catch {
                    throw ScheduleSections.error(at: error.line, error.message)
                }
            }
            all.append(Declared(name: name, fields: fields, line: section.line))
        }
        return all
    }

    /// The field that a key is: the names of arguments and settings have capital letters, all others have none.
    private static func field(of entry: INIEntry) -> String {
        let key = entry.name.lowercased()
        guard key.hasPrefix("arg.") || key.hasPrefix("setting.") else { return key }
        return String(key.prefix { $0 != "." } + entry.name.drop { $0 != "." })
    }

    static func error(at line: Int, _ message: String) -> APIError {
        .badRequest("scrapy.cfg, line \(line): \(message)")
    }
}
