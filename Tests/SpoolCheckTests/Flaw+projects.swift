import LinuxSystem
import SpoolCheck
import SpoolModel
import SpoolStore
import TestSpool

extension Flaw {
    /// What can be wrong with projects and with the tree as a whole.
    static let ofProjects: [Flaw] = [
        Flaw("A project without its current version", .error, "its current version 2 is missing") {
            try $0.spool.root.removeTree("projects/shop/versions/2")
            return "projects/shop"
        },
        Flaw("A current version without code", .error, "has no shop/scrapy.cfg") {
            try $0.spool.root.removeTree("projects/shop/versions/2/code")
            return "projects/shop"
        },
        Flaw("Damaged metadata of a project", .error, "its metadata.json is empty") {
            try $0.write("", to: "projects/shop/metadata.json")
            return "projects/shop"
        },
        Flaw("A version of a project that is out of range", .error, "has a `version` that is out of range") {
            let path = "projects/shop/metadata.json"
            let text = try $0.temporary.text(path)
            try $0.write(text.replacing(#""version": 2"#, with: #""version": 9223372036854775807"#), to: path)
            return "projects/shop"
        },
        Flaw("A directory of a version that is out of range", .warning, "its number is out of range") {
            try $0.makeDirectory("projects/shop/versions/9223372036854775807")
            return "projects/shop/versions/9223372036854775807"
        },
        Flaw("A link for metadata of a project", .error, "its metadata.json is a symbolic link") {
            try $0.spool.root.remove("projects/shop/metadata.json")
            try $0.spool.root.makeLink("projects/shop/metadata.json", to: "/etc/passwd")
            return "projects/shop"
        },
        Flaw("Metadata of another project", .error, "is of another project, `ship`") {
            let path = "projects/shop/metadata.json"
            let text = try $0.temporary.text(path).replacing(#""name": "shop""#, with: #""name": "ship""#)
            try $0.write(text, to: path)
            return "projects/shop"
        },
        Flaw("A project that names other spiders", .error, "names other spiders") {
            let path = "projects/shop/metadata.json"
            try $0.write(try $0.temporary.text(path).replacing(#""authors","#, with: ""), to: path)
            return "projects/shop"
        },
        Flaw("A project of which nothing is whole", .error, "its metadata.json is empty") {
            try $0.spool.root.removeTree("projects/shop/versions")
            // Its live jobs would be in the way.
            for id in $0.jobs[.running] ?? [] {
                try $0.spool.directory(of: id).finish(ended)
                try $0.spool.unmark(id)
            }
            try $0.write("", to: "projects/shop/metadata.json")
            return "projects/shop"
        },
        Flaw("A version without metadata", .warning, "its metadata.json is missing") {
            try $0.spool.root.remove("projects/shop/versions/2/metadata.json")
            return "projects/shop/versions/2"
        },
        Flaw("A version with the metadata of another", .warning, "its metadata.json is of another version, 1") {
            let other = try $0.temporary.text("projects/shop/versions/1/metadata.json")
            try $0.write(other, to: "projects/shop/versions/2/metadata.json")
            return "projects/shop/versions/2"
        },
        Flaw("A version without its archive", .note, "archive is missing", isRepaired: false) {
            try $0.spool.root.remove("projects/shop/versions/2/archive")
            return "projects/shop/versions/2"
        },
        Flaw("A version that is none", .warning, "it is no version") {
            try $0.makeDirectory("projects/shop/versions/old")
            return "projects/shop/versions/old"
        },
        Flaw("A project without its status", .warning, "the status is missing") {
            try $0.spool.root.remove("projects/shop/status")
            return "projects/shop/status"
        },
        Flaw("A project with an old status", .warning, "does not agree with metadata.json") {
            try $0.write("READY at=2026-11-24T00:00:00Z version=1 spiders=1\n", to: "projects/shop/status")
            return "projects/shop/status"
        },
        Flaw("A project that was removed", .note, "it was removed", isRepaired: false) {
            try $0.spool.root.remove("projects/shop/metadata.json")
            return "projects/shop"
        },
        Flaw("Metadata of a project that was being written", .note, "a write was interrupted") {
            try $0.write("{", to: "projects/shop/.metadata.json.tmp")
            return "projects/shop/.metadata.json.tmp"
        },
        Flaw("A project without a format", .warning, "no number `format`") {
            let path = "projects/shop/metadata.json"
            try $0.write(try $0.temporary.text(path).replacing(#""format": 1,"#, with: ""), to: path)
            return path
        },
        Flaw("A FIFO for the status of a project", .warning, "should be a file") {
            try $0.makeFIFO("projects/shop/status")
            return "projects/shop/status"
        },
        Flaw("A file among the projects", .warning, "it is no project") {
            try $0.write("", to: "projects/notes.txt")
            return "projects/notes.txt"
        },
        Flaw("A directory that is missing", .error, "the directory is missing") {
            try $0.spool.root.removeDirectory("incoming")
            return "incoming"
        },
        Flaw("All marks lost", .error, "the directory is missing") {
            try $0.spool.root.removeTree("active")
            return "active"
        },
        Flaw("A stranger at the top", .note, "it is no part of a spool", isRepaired: false) {
            try $0.write("", to: "thesis.txt")
            return "thesis.txt"
        },
        Flaw("A format file that was being written", .note, "a write was interrupted") {
            try $0.write("scr", to: ".format.tmp")
            return ".format.tmp"
        },
        Flaw("A copy", .note, "the spool is a copy", isRepaired: false) {
            let content = try $0.temporary.text("format")
            try $0.write(content, to: "other")
            try $0.move("other", to: "format")
            return "format"
        },
        Flaw("A status that others can read", .warning, "others can use it (mode 0644)") {
            try $0.spool.root.setPermissions($0.place(.failed) + "/status", 0o644)
            return $0.place(.failed) + "/status"
        },
        Flaw("A day that others can enter", .warning, "others can use it (mode 0755)") {
            let path = "jobs/\($0.id(.failed).day)"
            try $0.spool.root.setPermissions(path, 0o755)
            return path
        },
        Flaw("A directory that its owner cannot write", .warning, "its owner cannot use it (mode 0500)") {
            try $0.spool.root.setPermissions("active", 0o500)
            return "active"
        },
        Flaw("A root in which anybody can write", .warning, "others can use it (mode 0777)") {
            try $0.spool.root.setPermissions(".", 0o777)
            return "."
        },
    ]

    private static let ended: JobStatus = {
        var status = JobStatus(.failed, at: Timestamp(seconds: 1_800_000_000))
        status[.ended] = status[.at]
        return status
    }()
}
