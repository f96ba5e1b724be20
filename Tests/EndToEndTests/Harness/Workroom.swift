import Glibc
import SpoolModel

/// A project whose one spider runs the Python code in its payload, for tests of where jobs write; and a program in place of
/// scrapy that runs it as fast as Python starts, for any user.
struct Workroom {
    /// The project's archive.
    let archive: String
    /// The program.
    let scrapy: String

    /// The files of the project that scrapy runs in `writer/`, and of what is beside it in the archive.
    private static let files = [
        "writer/scrapy.cfg": "[settings]\ndefault = writer.settings\n[deploy]\nproject = writer\n",
        "writer/items.json": "[\"from the desk\"]\n",
        "writer/writer/__init__.py": "",
        "writer/writer/settings.py": "BOT_NAME = 'writer'\nSPIDER_MODULES = ['writer.spiders']\n",
        "writer/writer/page.py": "HEAD = 'old'\n",
        "writer/writer/spiders/__init__.py": "",
        "writer/writer/spiders/write.py": """
        import json
        import scrapy


        class WriteSpider(scrapy.Spider):
            name = 'write'

            async def start(self):
                exec(json.loads(self.payload)['code'], {})
                return
                yield

        """,
        "writer/data/a.txt": "a\n",
        "writer/data/deep/er/b.txt": "b\n",
        "shared/c.txt": "c\n",
        "shared/lib/d.txt": "d\n",
    ]

    /// Links of the archive: to a directory and a file of the project, and to both beside it.
    private static let links = [
        "writer/short": "data/deep", "writer/data/page": "../items.json", "writer/beside": "../shared",
        "writer/data/c.txt": "../../shared/c.txt", "shared/lib/up": "..",
    ]

    /// Packs the project in a folder.
    ///
    /// - Parameters:
    ///   - count: how many more files it has.
    ///   - edition: what its `edition.txt` says.
    init(in folder: Folder, more count: Int = 0, edition: String = "first") async throws {
        let place = folder.fresh("writer")
        for (path, text) in Workroom.files {
            let file = "\(place)/\(path)"
            try File.makeDirectory(String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)]))
            try File.write(text, to: file)
        }
        try File.write(edition, to: "\(place)/writer/edition.txt")
        for number in 0..<count {
            let directory = "\(place)/writer/many/\(number % 10)"
            if number < 10 { try File.makeDirectory(directory) }
            try File.write("number \(number)\n", to: "\(directory)/\(number).txt")
        }
        for (path, target) in Workroom.links { symlink(target, "\(place)/\(path)") }
        archive = "\(place)/writer.zip"
        let zip = try folder.start(["zip", "-q", "-r", "-y", archive, "writer", "shared"], in: place)
        guard try await zip.wait().exit == 0 else { throw Failure(zip.said) }
        chmod(place, 0o711)
        scrapy = "\(place)/scrapy"
        try File.write(
            """
            #!/usr/bin/python3
            import json, sys
            sys.path.insert(0, '')
            if sys.argv[1] == 'list':
                import writer.page, writer.settings
                open('items.json', 'w').write('listed')
                open('listed.txt', 'w').write('listed')
                print('write')
            else:
                exec(json.loads(sys.argv[4][len('payload='):])['code'], {'__name__': 'job'})
            """, to: scrapy)
        chmod(scrapy, 0o755)
    }

    /// The payload by which the spider runs some code.
    static func payload(_ code: String) -> String {
        let escaped = code.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        return "{\"code\": \"\(escaped)\"}"
    }
}

extension Server {
    /// What `list-files.json` lists of a job.
    func files(of id: JobID) async throws -> [String] {
        try await ok("list-files.json?id=\(id)")["files"]?.elements?.compactMap { $0["path"]?.text } ?? []
    }

    /// A file of a job, as `get-file` gives it.
    func getFile(_ path: String, of id: JobID) async throws -> Answer {
        try await curl("get-file", "-G", "-d", "id=\(id)", "--data-urlencode", "path=\(path)")
    }

    /// All that can be said of a project's code: names, modes, owners, times, links, and the digests of the files.
    func code(_ project: String, version: Int = 1) async throws -> String {
        try await folder.shell(
            "cd '\(spool)/projects/\(project)/versions/\(version)/code' && find . -printf '%P %y %m %u %T@ %l\\n' | sort"
                + " && find . -type f -print0 | sort -z | xargs -0 sha256sum")
    }
}
