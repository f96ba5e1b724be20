import SpoolModel

/// What is read as JSON is written as the same in both styles, and so is the metadata of jobs and projects. The first
/// two lines can be the names of two members, unless they are one.
enum JSONProperty {
    static func flaw(_ input: [UInt8]) -> String? {
        if let flaw = flawOfNames(input) { return flaw }
        guard let value = try? JSON(parsing: input) else { return nil }
        let line = value.line
        guard let again = try? JSON(parsing: line), again.line.utf8.elementsEqual(line.utf8) else {
            return "another value: \(line.debugDescription)"
        }
        guard let file = try? JSON(parsing: value.file), file.file == value.file else { return "another file" }
        if let job = JobMetadata(parsing: input), JobMetadata(parsing: job.file)?.file != job.file {
            return "another job"
        }
        if let project = ProjectMetadata(parsing: input), ProjectMetadata(parsing: project.file)?.file != project.file {
            return "another project"
        }
        return nil
    }

    private static func flawOfNames(_ input: [UInt8]) -> String? {
        let lines = input.split(separator: 0x0A, maxSplits: 1).map { String(decoding: $0, as: UTF8.self) }
        guard lines.count == 2, !lines[0].utf8.elementsEqual(lines[1].utf8) else { return nil }
        let object = JSON.object(lines.map { JSON.Member($0, .string($0)) })
        guard let again = try? JSON(parsing: object.line) else { return "an object cannot be read" }
        return again.line.utf8.elementsEqual(object.line.utf8) ? nil : "a member is lost"
    }
}
