import LinuxSystem
import Testing

@Suite("The version")
struct VersionTests {
    /// A repository with what tools/version looks at, and a commit.
    private func makeSources(in folder: Folder) async throws {
        try await folder.shell(
            """
            mkdir -p sources/Sources/CVersion sources/tools && cd sources
            cp \(Place.repository)/{Package.swift,README.md,.gitattributes} .
            cp \(Place.repository)/Sources/CVersion/CVersion.c Sources/CVersion/
            cp \(Place.repository)/tools/{version,version.txt,terminal.bash} tools/
            git init -q && git config user.name Nobody && git config user.email nobody@example.org
            git config commit.gpgsign false && git add . && git commit -qm One
            """)
    }

    /// What tools/version prints after something was done to the sources: the version, and the hash it must go with.
    private func version(_ change: String, in folder: Folder) async throws -> String {
        let words = try await folder.shell("cd \(folder.path)/sources && { \(change); } > /dev/null && tools/version")
            .split(whereSeparator: \.isWhitespace)
        guard words.count == 2 else { throw Failure("\(words)") }
        if words[1] != "-" {
            let hash = try await folder.shell("git -C \(folder.path)/sources rev-parse HEAD")
            #expect(hash.hasPrefix(words[1]) && words[1].count >= 40)
        }
        // The hash differs from run to run.
        return String(words[0]).replacing(String(words[1].prefix(7)), with: "HASH")
    }

    private func commit(_ name: String) -> String { "git commit -q --allow-empty -m \(name)" }

    @Test("Tags and commits make it, and Debian orders it as it came")
    func tags() async throws {
        try await Folder.with { folder in
            try await makeSources(in: folder)
            var versions: [String] = []
            for (change, wanted) in [
                ("true", "0.1.0+git1.HASH"),
                ("for n in {2..10}; do \(commit("N")); done", "0.1.0+git10.HASH"),
                ("\(commit("Eleven")); git tag v0.2.0-rc1", "0.2.0~rc1"),
                (commit("Twelve"), "0.2.0~rc1+git1.HASH"),
                ("\(commit("Thirteen")); git tag -a v0.2.0 -m 0.2.0", "0.2.0"),
                ("git tag other", "0.2.0"),
                ("touch Sources/new.swift", "0.2.0+git0.dirty"),
                ("git add .; \(commit("Fourteen"))", "0.2.0+git1.HASH"),
                ("echo >> README.md", "0.2.0+git1.HASH.dirty"),
                ("git checkout -q .; \(commit("Fifteen")); git tag v0.10.0", "0.10.0"),
            ] {
                let found = try await version(change, in: folder)
                #expect(found == wanted)
                if let last = versions.last, last != found {
                    try await folder.run("dpkg", "--compare-versions", last, "lt", found)
                }
                versions.append(found)
            }
        }
    }

    @Test("Sources without git have one too, and a date")
    func archives() async throws {
        try await Folder.with { folder in
            try await makeSources(in: folder)
            let said = "\(folder.path)/sources/tools/version"
            // In the midst of another repository, whose commits are none of its own.
            try await folder.shell(
                """
                git init -q around && cd around && git -c user.name=N -c user.email=n@example.org commit -q --allow-empty -m A
                mkdir bare copy && git -C ../sources archive HEAD | tar x -C bare && cp -r ../sources/. copy && rm -rf copy/.git
                """)
            let hash = try await folder.shell("git -C sources rev-parse HEAD").split(separator: "\n")[0]
            #expect(try await folder.run("around/bare/tools/version") == "0.1.0+git0.\(hash.prefix(7)) \(hash)\n")
            #expect(try await folder.run("around/copy/tools/version") == "0.1.0 -\n")
            let date = try await folder.shell("git -C sources log -1 --format=%ct")
            #expect(try await folder.run(said, "--date") == date)
            #expect(try await folder.run("around/bare/tools/version", "--date") == date)
            try await folder.shell(
                "cd around/copy && find . -type f -exec touch -d @1000000000 {} + && touch -d @1700000000 README.md")
            #expect(try await folder.run("around/copy/tools/version", "--date") == "1700000000\n")

            try await folder.shell("git -C sources tag v0.2.0 && git -C sources archive v0.2.0 | tar x -C around/bare")
            #expect(try await folder.run("around/bare/tools/version") == "0.2.0 \(hash)\n")
        }
    }

    @Test("A clone without its history counts no commits")
    func shallow() async throws {
        try await Folder.with { folder in
            try await makeSources(in: folder)
            try await folder.shell(
                "cd sources && \(commit("Two")) && cd .. && git clone -q --depth 1 file://$PWD/sources shallow")
            let hash = try await folder.shell("git -C sources rev-parse HEAD").prefix(7)
            #expect(try await folder.run("shallow/tools/version").hasPrefix("0.1.0+git0.\(hash) "))
        }
    }

    @Test("A tag that is no version is refused", arguments: ["v1_0", "v2.0-ö"])
    func badTag(tag: String) async throws {
        try await Folder.with { folder in
            try await makeSources(in: folder)
            try await folder.shell("git -C sources tag \(tag)")
            let child = try folder.start(["sources/tools/version"])
            #expect(try await child.wait().exit == 1)
            #expect(child.said.contains("Rename the tag \(tag)."), "\(child.said)")
        }
    }

    @Test("Both programs tell it, the same one", arguments: ["scrapy-spool", "scrapy-spool-shim"])
    func programs(name: String) async throws {
        try await Folder.with { folder in
            let line = try await folder.run("\(Place.programs)/\(name)", "--version")
            let number = try #require(
                try File.text("\(Place.repository)/Sources/CVersion/CVersion.c")
                    .split(separator: "\n").first { $0.hasPrefix("#define SOURCES_VERSION") }?.split(separator: "\"")
                    .last)
            #expect(line == "\(number) (commit unknown: not built by tools/package)\n")
        }
    }
}
