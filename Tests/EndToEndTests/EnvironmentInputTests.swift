import Glibc
import LinuxSystem
import SpoolModel
import Testing

/// What projects carry to name their packages, and what becomes of it.
@Suite(
    "Files that name packages", .fewAtATime,
    .enabled(if: PackageIndex.uv != nil, "uv is not installed: run tools/setup"))
struct EnvironmentInputTests {
    /// Each kind of file that names packages, by the digests of the index.
    private static let inputs: [(name: String, files: @Sendable (PackageIndex) -> [String: String])] = [
        (
            "requirements.txt",
            { _ in
                [
                    "requirements.txt": "-r more/all.txt\n", "more/all.txt": "-c limits.txt\nscrapy\n",
                    "more/limits.txt": "scrapy<2.12\n",
                ]
            }
        ),
        (
            "requirements.txt",
            { _ in ["requirements.txt": "scrapy==2.11.2 ; python_version >= '3'\nother ; python_version < '3'\n"] }
        ),
        ("requirements.txt", { ["requirements.txt": "--index-url \($0.url)\nscrapy==2.11.2\n"] }),
        ("requirements.lock", { ["requirements.lock": $0.lock("2.11.2")] }),
        (
            "deps.txt",
            { _ in ["scrapy.cfg": "[scrapy-spool]\nrequirements = deps.txt\n", "deps.txt": "scrapy==2.11.2\n"] }
        ),
        (
            "deps.txt",
            { _ in ["scrapinghub.yml": "requirements:\n  file: deps.txt\n", "deps.txt": "scrapy==2.11.2\n"] }
        ),
        (
            "pyproject.toml",
            { _ in ["pyproject.toml": "[project]\nname = \"x\"\nversion = \"1\"\ndependencies = [\"scrapy==2.11.2\"]\n"]
            }
        ),
        (
            "pylock.toml",
            { index in
                let packages = [("scrapy", "Scrapy", "2.11.2"), ("w3lib", "w3lib", "1.3")].map { name, file, version in
                    """
                    [[packages]]
                    name = "\(name)"
                    version = "\(version)"
                    wheels = [{ url = "\(index.url.dropLast("/simple".count))/wheels/\(file)-\(version)-py3-none-any.whl", hashes = { sha256 = "\(index.digest(file, version))" } }]

                    """
                }
                return ["pylock.toml": "lock-version = \"1.0\"\ncreated-by = \"test\"\n\n\(packages.joined())"]
            }
        ),
        (
            "poetry.lock",
            { index in
                let packages = [("scrapy", "Scrapy", "2.11.2"), ("w3lib", "w3lib", "1.3")].map { name, file, version in
                    """
                    [[package]]
                    name = "\(name)"
                    version = "\(version)"
                    optional = false
                    groups = ["main"]
                    files = [{file = "\(file)-\(version)-py3-none-any.whl", hash = "sha256:\(index.digest(file, version))"}]

                    """
                }
                return [
                    "poetry.lock":
                        "\(packages.joined())[metadata]\nlock-version = \"2.1\"\npython-versions = \">=3.9\"\n"
                ]
            }
        ),
        (
            "Pipfile.lock",
            { index in
                [
                    "Pipfile.lock": """
                    {"_meta": {"sources": []}, "default": {
                    "scrapy": {"version": "==2.11.2", "hashes": ["sha256:\(index.digest("Scrapy", "2.11.2"))"]},
                    "w3lib": {"version": "==1.3", "hashes": ["sha256:\(index.digest("w3lib", "1.3"))"]}}, "develop": {}}
                    """
                ]
            }
        ),
    ]

    @Test("Each kind of file becomes a lock with hashes, and an environment")
    func kinds() async throws {
        try await Folder.with { folder in
            let index = try await PackageIndex(in: folder)
            let server = try await index.server()
            for (number, input) in EnvironmentInputTests.inputs.enumerated() {
                let project = "p\(number)"
                let answer = try await server.push(index.archive(project, input.files(index)))
                #expect(answer["environment"]?["input"]?.text == input.name, "\(number): \(answer)")
                #expect(answer["environment"]?["scrapy"]?.text == "2.11.2", "\(number): \(answer)")
                let output = try await EnvironmentTests.run(project, on: server)
                #expect(output.contains("scrapy 2.11.2 w3lib 1.3"), "\(number): \(output)")
            }
            // uv makes its own lock from the index.
            let place = folder.fresh("uv")
            try File.makeDirectory(place)
            let project = """
                [project]
                name = "x"
                version = "1"
                requires-python = ">=3.9"
                dependencies = ["scrapy==2.11.2"]
                [[tool.uv.index]]
                url = "\(index.url)"
                default = true

                """
            try File.write(project, to: "\(place)/pyproject.toml")
            try await folder.run(PackageIndex.uv ?? "uv", "lock", "--quiet", "--directory", place)
            let lock = try File.text("\(place)/uv.lock")
            let answer = try await server.push(index.archive("uv", ["pyproject.toml": project, "uv.lock": lock]))
            #expect(
                answer["environment"]?["input"]?.text == "uv.lock" && answer["environment"]?["scrapy"]?.text == "2.11.2"
            )
            let stale = try await server.curl(
                "push-project.json", "-F",
                "archive=@\(index.archive("uv", ["pyproject.toml": project.replacing("2.11.2", with: "2.13.4"), "uv.lock": lock]))"
            )
            #expect(stale.status == 400 && stale.message?.contains("uv lock") == true, "\(stale.text)")
        }
    }

    /// A package in the project whose backend needs nothing else, and metadata that only its backend knows.
    private static let backend = """
        import os, zipfile
        def get_requires_for_build_wheel(*_): return []
        def prepare_metadata_for_build_wheel(place, *_):
            os.mkdir(place + '/own-1.0.dist-info')
            text = 'Metadata-Version: 2.1\\nName: own\\nVersion: 1.0\\nRequires-Dist: scrapy==2.11.2\\n'
            open(place + '/own-1.0.dist-info/METADATA', 'w').write(text)
            return 'own-1.0.dist-info'
        def build_wheel(place, *_):
            name = prepare_metadata_for_build_wheel(place) + '/'
            files = {'own.py': 'VALUE = 1', name + 'METADATA': open(place + '/' + name + 'METADATA').read(),
                name + 'WHEEL': 'Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n'}
            files[name + 'RECORD'] = ''.join(path + ',,\\n' for path in files)
            with zipfile.ZipFile(place + '/own-1.0-py3-none-any.whl', 'w') as archive:
                for path, text in files.items():
                    archive.writestr(path, text)
            return 'own-1.0-py3-none-any.whl'

        """
    private static let system = "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n"

    /// Those for which the code of a package has to run, or that are elsewhere.
    private static let built: [(name: String, files: [String: String], warning: String?)] = [
        (
            "requirements.txt",
            [
                "requirements.txt": "./libs/own\n", "libs/own/backend.py": backend,
                "libs/own/pyproject.toml": system,
            ], nil
        ),
        (
            "requirements.txt",
            [
                "requirements.txt": "-e ./libs/own\n", "libs/own/backend.py": backend,
                "libs/own/pyproject.toml": system,
            ], "-e"
        ),
        (
            "pyproject.toml",
            ["pyproject.toml": system + "[tool.poetry.dependencies]\nscrapy = \"2.11.2\"\n", "backend.py": backend], nil
        ),
        ("setup.py", ["setup.py": "import setuptools\nsetuptools.setup(install_requires=['scrapy==2.11.2'])\n"], nil),
        ("setup.cfg", ["setup.cfg": "[options]\ninstall_requires =\n    scrapy==2.11.2\n"], nil),
        ("deps.txt", ["scrapinghub.yml": "requirements_file: deps.txt\n", "deps.txt": "scrapy==2.11.2\n"], nil),
        ("requirements.txt", ["../requirements.txt": "scrapy==2.11.2\n"], nil),
        ("requirements.txt", ["../requirements.txt": "scrapy==9\n", "requirements.txt": "scrapy==2.11.2\n"], nil),
        ("Pipfile.lock", [:], nil),
        (
            "requirements.txt",
            ["requirements.txt": "w3lib==1.3\n", "setup.py": "raise SystemExit('install_requires')\n"],
            "does not name Scrapy"
        ),
    ]

    @Test(
        "Packages that have to be built, those of the project itself and those beside it are taken as well",
        arguments: [false, true])
    func built(isOtherUser: Bool) async throws {
        guard !isOtherUser || Host.effectiveUser == 0 else { return }
        try await Folder.with { folder in
            chmod(folder.path, 0o711)
            let index = try await PackageIndex(in: folder)
            let server = try await index.server(flags: isOtherUser ? ["--run-as", "nobody"] : [])
            for (number, input) in EnvironmentInputTests.built.enumerated() {
                var files = input.files
                if files.isEmpty {
                    // Its hash is that of the Pipfile beside it.
                    files = [
                        "Pipfile": EnvironmentInputTests.pipfile,
                        "Pipfile.lock": EnvironmentInputTests.pipfileLock(index),
                    ]
                }
                let answer = try await server.push(index.archive("p\(number)", files))
                #expect(answer["environment"]?["input"]?.text == input.name, "\(number): \(answer)")
                let wanted = input.warning == "does not name Scrapy" ? "2.13.4" : "2.11.2"
                #expect(answer["environment"]?["scrapy"]?.text == wanted, "\(number): \(answer)")
                let warnings = answer["warnings"]?.texts ?? []
                if let warning = input.warning {
                    #expect(warnings.contains { $0.contains(warning) }, "\(number): \(answer)")
                }
                let output = try await EnvironmentTests.run("p\(number)", on: server)
                #expect(
                    output.contains("scrapy \(wanted) w3lib 1.3") && (!isOtherUser || output.contains("read-only")),
                    "\(number): \(output)")
            }
            #expect(File.names("\(server.spool)/tmp").filter { !$0.hasPrefix("rubbish") } == [])
            try await server.awaitSolitude()
        }
    }

    private static let pipfile = "[packages]\nscrapy = \"==2.11.2\"\n"

    private static func pipfileLock(_ index: PackageIndex) -> String {
        // What pipenv 2026.10.3 has written for that file.
        """
        {"_meta": {"hash": {"sha256": "f15a501d7e188847edaaa480febb04389da2e380b271f9237da0eb4b74f9779e"}, "sources": []}, "default": {
        "scrapy": {"version": "==2.11.2", "hashes": ["sha256:\(index.digest("Scrapy", "2.11.2"))"]},
        "w3lib": {"version": "==1.3", "hashes": ["sha256:\(index.digest("w3lib", "1.3"))"]}}, "develop": {}}
        """
    }

    @Test("A lock that its file has outgrown is refused, and says how to mend it")
    func stale() async throws {
        try await Folder.with { folder in
            let index = try await PackageIndex(in: folder)
            let server = try await index.server()
            let poetry =
                "[project]\nname = \"x\"\nversion = \"1\"\nrequires-python = \">=3.9\"\ndependencies = [\"scrapy==2.11.2\"]\n"
            let lock = """
                [[package]]
                name = "scrapy"
                version = "2.11.2"
                optional = false
                groups = ["main"]
                files = [{file = "Scrapy-2.11.2-py3-none-any.whl", hash = "sha256:\(index.digest("Scrapy", "2.11.2"))"}]

                [[package]]
                name = "w3lib"
                version = "1.3"
                optional = false
                groups = ["main"]
                files = [{file = "w3lib-1.3-py3-none-any.whl", hash = "sha256:\(index.digest("w3lib", "1.3"))"}]

                [metadata]
                lock-version = "2.1"
                python-versions = ">=3.9"
                content-hash = "2cea3ab1c0bf526eb6c04e97445932b6f4ae3ae04e9d97ab874547b307f17375"

                """
            let fresh = try await server.push(index.archive("one", ["pyproject.toml": poetry, "poetry.lock": lock]))
            #expect(fresh["environment"]?["input"]?.text == "poetry.lock", "\(fresh)")
            let outgrown: [([String: String], String)] = [
                (["pyproject.toml": poetry.replacing("2.11.2", with: "2.13.4"), "poetry.lock": lock], "poetry lock"),
                (
                    [
                        "Pipfile": EnvironmentInputTests.pipfile.replacing("2.11.2", with: "2.13.4"),
                        "Pipfile.lock": EnvironmentInputTests.pipfileLock(index),
                    ], "pipenv lock"
                ),
            ]
            for (files, remedy) in outgrown {
                let answer = try await server.curl(
                    "push-project.json", "-F", "archive=@\(index.archive("one", files))")
                #expect(answer.status == 400 && answer.message?.contains(remedy) == true, "\(answer.text)")
                #expect(try answer.json["stage"]?.text == "lock")
            }
        }
    }

    /// Which Python a project asks for, and the file that says so; whether this machine has it.
    private static let pythons: [(files: [String: String], source: String, isThere: Bool)] = [
        (["scrapy.cfg": "[scrapy-spool]\npython = 3\n"], "scrapy.cfg", true),
        (["scrapy.cfg": "[scrapy-spool]\npython = 3.99\n", ".python-version": "3\n"], "scrapy.cfg", false),
        ([".python-version": "3.99\n"], ".python-version", false),
        (
            ["pyproject.toml": "[project]\nname = 'x'\nversion = '1'\nrequires-python = '>=3.99'\n"], "pyproject.toml",
            false
        ),
        (
            ["pyproject.toml": "[project]\nname = 'x'\nversion = '1'\nrequires-python = '>=3.9'\n"], "pyproject.toml",
            true
        ),
        (["scrapy.cfg": "[scrapy-spool]\npython = snake\n"], "scrapy.cfg", false),
    ]

    @Test("A project gets the Python that it asks for, or an answer with those that there are")
    func python() async throws {
        try await Folder.with { folder in
            let index = try await PackageIndex(in: folder)
            let server = try await index.server()
            for (files, source, isThere) in EnvironmentInputTests.pythons {
                let all = files.merging(["requirements.txt": "scrapy==2.11.2\n"]) { $1 }
                let answer = try await server.curl("push-project.json", "-F", "archive=@\(index.archive("one", all))")
                #expect(answer.status == (isThere ? 200 : 400), "\(files): \(answer.text)")
                if !isThere { #expect(answer.message?.contains(source) == true, "\(files): \(answer.text)") }
            }
        }
    }

    /// Projects with a package of another index, by its address.
    private static func elsewhere(_ other: String, _ index: PackageIndex) -> [(name: String, files: [String: String])] {
        let packages = [("scrapy", "Scrapy", "2.11.2"), ("w3lib", "w3lib", "1.3"), ("privpkg", "privpkg", "1.0")]
        let pipfile = packages.map { name, file, version in
            "\"\(name)\": {\"version\": \"==\(version)\", \"hashes\": [\"sha256:\(index.digest(file, version))\"]}"
        }
        let poetry = packages.map { name, file, version in
            """
            [[package]]
            name = "\(name)"
            version = "\(version)"
            optional = false
            groups = ["main"]
            files = [{file = "\(file)-\(version)-py3-none-any.whl", hash = "sha256:\(index.digest(file, version))"}]

            """
                + (name == "privpkg"
                    ? "\n[package.source]\ntype = \"legacy\"\nurl = \"\(other)\"\nreference = \"b\"\n\n" : "\n")
        }
        return [
            (
                "Pipfile.lock",
                [
                    "Pipfile.lock":
                        "{\"_meta\": {\"sources\": [{\"url\": \"\(other)\"}]}, \"default\": {\(pipfile.joined(separator: ", "))}}"
                ]
            ),
            (
                "poetry.lock",
                [
                    "poetry.lock":
                        poetry.joined() + "[metadata]\nlock-version = \"2.1\"\npython-versions = \">=3.9\"\n"
                ]
            ),
            (
                "requirements.txt",
                [
                    "requirements.txt": "-r req/base.txt\nscrapy==2.11.2\n",
                    "req/base.txt": "--extra-index-url \(other)\nprivpkg\n",
                ]
            ),
        ]
    }

    @Test("Packages of another index, wherever the project names it, are there after a rebuild too")
    func otherIndexes() async throws {
        try await Folder.with { folder in
            let index = try await PackageIndex(in: folder)
            let server = try await index.server()
            let other = index.url.dropLast("simple".count) + "other/simple"
            for (number, input) in EnvironmentInputTests.elsewhere(String(other), index).enumerated() {
                let answer = try await server.push(index.archive("p\(number)", input.files))
                #expect(answer["environment"]?["input"]?.text == input.name, "\(answer)")
                #expect(answer["environment"]?["packages"]?.integer == 3, "\(answer)")
                try await folder.shell(
                    "chmod -R u+w '\(server.spool)/environments'; rm -rf '\(server.spool)/environments'")
                #expect(try await EnvironmentTests.run("p\(number)", on: server).contains("scrapy 2.11.2"))
            }
        }
    }

    @Test("A password in a project's index is in no lock and no answer")
    func password() async throws {
        try await Folder.with { folder in
            let index = try await PackageIndex(in: folder)
            let server = try await index.server()
            let address = index.url.replacing("http://", with: "http://someone:a-secret@")
            let answer = try await server.push(
                index.archive("one", ["requirements.txt": "--index-url \(address)\nscrapy==2.11.2\n"]))
            #expect(!answer.line.contains("a-secret"), "\(answer)")
            let found = try await folder.shell(
                "grep -rl a-secret '\(server.spool)/projects' '\(server.spool)'/environments/*/*.* || true")
            #expect(
                found.split(separator: "\n").allSatisfy {
                    $0.hasSuffix("/code/one/requirements.txt") || $0.hasSuffix("/archive")
                }, "\(found)")
            #expect(try await EnvironmentTests.run("one", on: server).contains("scrapy 2.11.2"))
        }
    }
}
