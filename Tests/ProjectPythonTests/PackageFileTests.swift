import ProjectPython
import Testing

@Suite("The file that names a project's packages")
struct PackageFileTests {
    private static func find(_ files: [String: String]) throws -> PackageFile? {
        try PackageFile.find { path throws(EnvironmentFailure) in files[path].map { Array($0.utf8) } }
    }

    @Test(
        "The first of the known files is taken, unless the project names one",
        arguments: [
            ([:], nil), (["requirements.txt": "scrapy"], "requirements.txt"),
            (["requirements.txt": "scrapy", "requirements.lock": "scrapy"], "requirements.lock"),
            (["requirements.txt": "scrapy", "uv.lock": "", "pyproject.toml": ""], "uv.lock"),
            (["pylock.toml": "", "uv.lock": ""], "pylock.toml"),
            (["poetry.lock": "", "Pipfile.lock": "{}"], "poetry.lock"),
            (["Pipfile.lock": "{}", "requirements.txt": ""], "Pipfile.lock"),
            (
                [
                    "scrapy.cfg": "[scrapy-spool]\nrequirements = deps/all.txt\n", "deps/all.txt": "scrapy",
                    "uv.lock": "",
                ], "deps/all.txt"
            ),
            (
                [
                    "scrapinghub.yml": "project: 1\nrequirements:\n  file: req.txt  # ours\n", "req.txt": "",
                    "uv.lock": "",
                ], "req.txt"
            ),
            (["scrapinghub.yml": "requirements_file: 'req.txt'\n", "req.txt": ""], "req.txt"),
            (["scrapinghub.yml": "stacks:\n  default: scrapy:2.11\n", "requirements.txt": ""], "requirements.txt"),
            (["pyproject.toml": "[project]\nname = \"a\"\ndependencies = [\n  \"scrapy\",\n]\n"], "pyproject.toml"),
            (["pyproject.toml": "[tool.poetry.dependencies]\nscrapy = \"*\"\n"], "pyproject.toml"),
            (["pyproject.toml": "[project]\nname = \"a\"\ndynamic = [\"dependencies\"]\n"], "pyproject.toml"),
            // These are there for other purposes.
            (["pyproject.toml": "[tool.black]\nline-length = 100\n"], nil),
            (["setup.py": "setup(name='x', entry_points={'scrapy': ['settings = x.settings']})"], nil),
            (["setup.py": "setup(name='x', install_requires=['scrapy'])"], "setup.py"),
            (["setup.cfg": "[options]\ninstall_requires =\n  scrapy\n"], "setup.cfg"),
        ] as [([String: String], String?)])
    func order(files: [String: String], expected: String?) throws {
        #expect(try PackageFileTests.find(files)?.path == expected)
    }

    @Test(
        "What cannot be used is refused with the cause",
        arguments: [
            (["scrapy.cfg": "[scrapy-spool]\nrequirements = none.txt\n"], "none.txt"),
            (["scrapy.cfg": "[scrapy-spool]\nrequirements = ../up.txt\n"], "../up.txt"),
            (["scrapy.cfg": "[scrapy-spool]\nrequirements = /etc/passwd\n"], "/etc/passwd"),
            (["scrapinghub.yml": "requirements:\n  file: ../x\n"], "../x"),
            (["requirements.txt": "scrapy", ".python-version": "pypy3.10"], "pypy3.10"),
        ])
    func refused(files: [String: String], part: String) {
        let failure = #expect(throws: EnvironmentFailure.self) { try PackageFileTests.find(files) }
        #expect(failure?.description.contains(part) == true)
    }
}
