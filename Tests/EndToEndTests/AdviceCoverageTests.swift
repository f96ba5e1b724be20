import Glibc
import LinuxSystem
import SpoolModel
import Testing

/// Each advice in a message is taken by the parser that gives it.
///
/// The sources are read for texts that advise something. Each of them wants an entry in ``AdviceCoverageTests/entries`` that
/// says how it is tried, so that none is forgotten.
@Suite("Advice in messages", .fewAtATime)
struct AdviceCoverageTests {
    /// How an advice is tried.
    enum Trial: Sendable {
        /// These specs are taken.
        case specs([String])
        /// These values of a key of the configuration are taken.
        case values(of: String, [String])
        /// These words are a command line of the program, up to its help.
        case commands([String])
        /// A shell script ends with 0: `$spool` is the program, the directory is empty.
        case script(String)
        /// A test in another file does it, by its function's name.
        case test(String, in: String)
    }

    /// An advice: the file in Sources, and a part of the text that no other one there has.
    struct Entry: Sendable, CustomTestStringConvertible {
        let file: String
        let part: String
        let trial: Trial

        init(_ file: String, _ part: String, _ trial: Trial) {
            self.file = file
            self.part = part
            self.trial = trial
        }

        var testDescription: String { "\(file): \(part)" }
    }

    /// What makes a text an advice. What begins like one and is none: a system call that failed, help for flags.
    nonisolated(unsafe) private static let marks =
        /\bas in |\bsuch as |did you mean |\bwrite (?!the job|was|into)|should be \\"|(?:^|[:;,] )use |`scrapy-spool |chmod [0-7]|archive=@|send the field|Add `/

    /// The texts of all sources that advise something.
    private static func advice() throws -> [(file: String, text: String)] {
        let root = "\(Place.repository)/Sources"
        var found: [(file: String, text: String)] = []
        var pending = [""]
        while let path = pending.popLast() {
            for name in File.names("\(root)/\(path)") {
                let file = path.isEmpty ? name : "\(path)/\(name)"
                guard name.hasSuffix(".swift") else {
                    pending.append(file)
                    continue
                }
                for line in try File.text("\(root)/\(file)").split(separator: "\n") {
                    guard !line.drop(while: { $0 == " " }).hasPrefix("//"), let start = line.firstIndex(of: "\""),
                        let end = line.lastIndex(of: "\""), start < end
                    else { continue }
                    // With whatever stands between several texts on a line, which may be in each other.
                    let text = line[line.index(after: start)..<end]
                    if text.firstMatch(of: marks) != nil { found.append((file, String(text))) }
                }
            }
        }
        return found
    }

    @Test("Each has an entry that says how it is tried, and no entry is left over")
    func complete() throws {
        let advice = try Self.advice()
        #expect(advice.count > 60)
        for (file, text) in advice {
            let entries = Self.entries.filter { $0.file == file && text.contains($0.part) }
            #expect(!entries.isEmpty, "\(file): no entry of AdviceCoverageTests tries the advice \"\(text)\"")
        }
        for entry in Self.entries {
            #expect(
                advice.contains { $0.file == entry.file && $0.text.contains(entry.part) },
                "\(entry.file): nothing there advises \"\(entry.part)\" any more")
            // What is tried is what the message says.
            let source = try File.text("\(Place.repository)/Sources/\(entry.file)")
            for example in entry.examples {
                #expect(source.contains(example), "\(entry.file) does not say \"\(example)\"")
            }
        }
    }

    @Test("Each is taken", arguments: entries)
    func taken(_ entry: Entry) async throws {
        try await Folder.with { folder in
            let clean = Host.environment().filter { !$0.hasPrefix("SCRAPY_SPOOL_") }
            func run(_ words: [String], _ environment: [String] = []) async throws {
                let child = try folder.start(words, environment: clean + environment)
                let end = try await child.wait()
                #expect(end.exit == 0, "\(words) \(environment): \(child.said)")
            }
            let program = try Place.server()
            switch entry.trial {
            case .specs(let specs):
                for spec in specs { try await run([program, "next", spec]) }
            case .values(let key, let values):
                let variable = "SCRAPY_SPOOL_" + key.uppercased().replacing("-", with: "_")
                for value in values {
                    let flags = ["serve", "--spool", "spool", "--scrapy", Place.scrapy, "--check-config"]
                    try await run([program] + flags, ["\(variable)=\(value)"])
                }
            case .commands(let lines):
                for line in lines {
                    try await run([program] + line.split(separator: " ").map(String.init) + ["--help"])
                }
            case .script(let script):
                try await run(
                    ["bash", "-euo", "pipefail", "-c", script], ["spool=\(program)", "scrapy=\(Place.scrapy)"])
            case .test(let name, let file):
                let text = try File.text("\(Place.repository)/Tests/\(file)")
                #expect(text.contains("func \(name)("), "Tests/\(file) has no test \(name)")
            }
        }
    }
}

extension AdviceCoverageTests.Entry {
    /// What the message has to say, as it is tried.
    fileprivate var examples: [String] {
        switch trial {
        case .specs, .script, .test: []
        case .values(_, let values): values
        case .commands(let lines): lines
        }
    }
}
