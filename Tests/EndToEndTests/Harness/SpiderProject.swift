import LinuxSystem

/// A project with a spider in each of its modules, for tests of what a push says of them.
struct SpiderProject {
    /// The archive.
    let archive: String

    /// Makes a project and packs it.
    ///
    /// - Parameters:
    ///   - spiders: the text of each module, by its name; what is no class of its own is a spider's name.
    ///   - settings: lines of the settings besides those that every project has.
    ///   - files: more files, by their paths beside `scrapy.cfg`.
    init(
        in folder: Folder, _ name: String, spiders: [String: String], settings: String = "",
        files: [String: String] = [:]
    ) async throws {
        let place = folder.fresh("project")
        var all = files
        all["scrapy.cfg"] = "[settings]\ndefault = \(name).settings\n[deploy]\nproject = \(name)\n"
        all["\(name)/__init__.py"] = ""
        all["\(name)/settings.py"] = "BOT_NAME = '\(name)'\nSPIDER_MODULES = ['\(name).spiders']\n\(settings)\n"
        all["\(name)/spiders/__init__.py"] = ""
        for (module, text) in spiders { all["\(name)/spiders/\(module).py"] = text }
        for (path, text) in all {
            let file = "\(place)/\(name)/\(path)"
            try File.makeDirectory(String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)]))
            try File.write(text, to: file)
        }
        archive = "\(place)/\(name).zip"
        try await folder.run("zip", "-q", "-r", archive, name, in: place)
    }

    /// A module with a spider.
    ///
    /// - Parameters:
    ///   - name: the spider's name, as it is written in Python between quotation marks.
    ///   - head: lines before the spider.
    static func module(_ name: String, _ head: String = "") -> String {
        "import scrapy\n\(head)\n\n\nclass \(name.filter(\.isLetter))Spider(scrapy.Spider):\n    name = '\(name)'\n"
    }
}
