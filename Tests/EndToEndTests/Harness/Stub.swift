import Glibc

/// A shell script in place of scrapy, with spiders that do one thing each.
enum Stub {
    /// Writes it into a folder, and gives its path.
    ///
    /// - Parameter spiders: by their names what they run, in bash.
    static func write(in folder: Folder, _ spiders: KeyValuePairs<String, String>) throws -> String {
        let path = "\(folder.path)/scrapy-stub"
        let cases = spiders.map { "'crawl \($0)')\n\($1)\n;;" }.joined(separator: "\n")
        try File.write(
            """
            #!/bin/bash
            case "$1 $2" in
            'list ') printf '%s\\n' \(spiders.map(\.key).joined(separator: " ")) ;;
            \(cases)
            esac
            """, to: path)
        chmod(path, 0o755)
        return path
    }

    /// Runs until it is told to end.
    static let hold = "trap 'exit 0' INT TERM; sleep 1000 & wait"
}
