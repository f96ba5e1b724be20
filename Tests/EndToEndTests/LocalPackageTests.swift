import Glibc
import LinuxSystem
import SpoolModel
import Testing

/// Packages that are in the project itself, by locks that other tools have made.
@Suite(
    "Packages in the project", .fewAtATime,
    .enabled(if: PackageIndex.uv != nil, "uv is not installed: run tools/setup"))
struct LocalPackageTests {
    /// A backend that builds a module `own` without any other package.
    ///
    /// - Parameter first: a line that runs when it is imported.
    private static func backend(_ text: String, first: String = "") -> String {
        """
        \(first)
        import zipfile
        def get_requires_for_build_wheel(*_): return []
        def build_wheel(place, *_):
            name = "own-1.0-py3-none-any.whl"
            with zipfile.ZipFile(place + "/" + name, "w") as wheel:
                wheel.writestr("own.py", "WHO = '\(text)'\\n")
                wheel.writestr("own-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: own\\nVersion: 1.0\\n")
                wheel.writestr("own-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
                wheel.writestr("own-1.0.dist-info/RECORD", "")
            return name

        """
    }

    private static let metadata =
        "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n"
        + "[project]\nname = \"own\"\n"

    /// A lock of PEP 751 with the packages that each project needs, and one more.
    private static func pylock(_ index: PackageIndex, own: String) -> String {
        let packages = [("scrapy", "Scrapy", "2.11.2"), ("w3lib", "w3lib", "1.3")].map { name, file, version in
            """
            [[packages]]
            name = "\(name)"
            version = "\(version)"
            wheels = [{ url = "\(index.url.dropLast("/simple".count))/wheels/\(file)-\(version)-py3-none-any.whl", hashes = { sha256 = "\(index.digest(file, version))" } }]

            """
        }
        return "lock-version = \"1.0\"\ncreated-by = \"test\"\n\n\(packages.joined())[[packages]]\nname = \"own\"\n"
            + "version = \"1.0\"\n\(own)\n"
    }

    @Test("Each project, and each version of it, gets its own by the same pylock.toml")
    func own() async throws {
        try await Folder.with { folder in
            let index = try await PackageIndex(in: folder)
            let server = try await index.server()
            let lock = Self.pylock(index, own: "directory = { path = \"libs/own\" }")
            var keys: [String] = []
            for (project, text) in [("a", "A1"), ("b", "B"), ("a", "A2")] {
                let answer = try await server.push(
                    index.archive(
                        project,
                        [
                            "pylock.toml": lock, "libs/own/pyproject.toml": Self.metadata + "version = \"1.0\"\n",
                            "libs/own/backend.py": Self.backend(text),
                        ]))
                let key = try #require(answer["environment"]?["key"]?.text)
                keys.append(key)
                let found = try await folder.shell(
                    "cat '\(server.spool)/environments/\(key)'/python/lib/*/site-packages/own.py")
                #expect(found == "WHO = '\(text)'\n")
            }
            #expect(Set(keys).count == 3)
        }
    }

    @Test("What the top of the archive names is built again from there")
    func rebuilt() async throws {
        try await Folder.with { folder in
            let index = try await PackageIndex(in: folder)
            let server = try await index.server()
            let place = folder.fresh("project")
            let inner = try await index.archive("shop", [:])
            try File.makeDirectory("\(place)/sub")
            try await folder.run("unzip", "-q", inner, "-d", "\(place)/sub")
            try await folder.shell("mv '\(place)'/sub/shop '\(place)'/inner; rmdir '\(place)/sub'")
            try File.makeDirectory("\(place)/own")
            try File.write("scrapy==2.11.2\n./own\n", to: "\(place)/requirements.txt")
            try File.write(Self.metadata + "version = \"1.0\"\n", to: "\(place)/own/pyproject.toml")
            try File.write(Self.backend("top"), to: "\(place)/own/backend.py")
            try await folder.run("zip", "-q", "-r", "\(place).zip", ".", in: place)
            try await server.push("\(place).zip")
            #expect(try await EnvironmentTests.run("shop", on: server).contains("scrapy 2.11.2"))
            try await folder.shell("chmod -R u+w '\(server.spool)/environments'; rm -rf '\(server.spool)/environments'")
            #expect(try await EnvironmentTests.run("shop", on: server).contains("scrapy 2.11.2"))
            let found = try await folder.shell("cat '\(server.spool)'/environments/*/python/lib/*/site-packages/own.py")
            #expect(found == "WHO = 'top'\n")
        }
    }

    @Test("A pylock.toml takes nothing from outside the project")
    func outside() async throws {
        try await Folder.with { folder in
            let index = try await PackageIndex(in: folder)
            let server = try await index.server()
            for own in [
                "archive = { path = \"/srv/own-1.0-py3-none-any.whl\" }", "directory = { path = \"libs/../../own\" }",
                "wheels = [{ url = \" file:///srv/own-1.0-py3-none-any.whl\", hashes = { sha256 = \"00\" } }]",
                "[packages.sdist]\n\"p\\u0061th\" = \"../own.tar.gz\"",
            ] {
                let archive = try await index.archive("shop", ["pylock.toml": Self.pylock(index, own: own)])
                let refused = try await server.curl("push-project.json", "-F", "archive=@\(archive)")
                #expect(
                    refused.status == 400 && refused.message?.contains("which is not in the project") == true,
                    "\(own): \(refused.text)")
            }
            #expect(!File.exists("\(server.spool)/projects/shop"))
        }
    }

    @Test(
        "With run-as uv.lock is read as that user, since uv may build the project for its metadata",
        .enabled(if: Host.effectiveUser == 0))
    func metadata() async throws {
        try await Folder.with { folder in
            chmod(folder.path, 0o711)
            let marks = "\(folder.path)/marks"
            try File.makeDirectory(marks)
            chmod(marks, 0o777)
            let index = try await PackageIndex(in: folder)
            let server = try await index.server(flags: ["--run-as", "nobody"])
            let archive = try await index.archive(
                "shop",
                [
                    "uv.lock": "version = 1\nrequires-python = \">=3.8\"\n\n[[package]]\nname = \"own\"\n"
                        + "source = { editable = \".\" }\n",
                    "pyproject.toml": Self.metadata
                        + "requires-python = \">=3.8\"\ndynamic = [\"version\", \"dependencies\"]\n",
                    "backend.py": Self.backend(
                        "", first: "import os; open('\(marks)/%d' % os.getuid(), 'w').close()"),
                ])
            // Scrapy is not in the lock.
            #expect(try await server.curl("push-project.json", "-F", "archive=@\(archive)").status == 400)
            let nobody = try #require(AccountEntry(named: "nobody"))
            // It ran, and not as this user.
            #expect(File.names(marks) == ["\(nobody.account.user)"], "\(server.log)")
        }
    }
}
