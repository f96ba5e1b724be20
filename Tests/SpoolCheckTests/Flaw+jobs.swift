import LinuxSystem
import SpoolCheck
import SpoolModel
import SpoolStore
import TestSpool

extension Flaw {
    /// What can be wrong with jobs.
    static let ofJobs: [Flaw] = [
        Flaw("No metadata", .error, "its metadata.json is missing") {
            try $0.spool.root.remove($0.place(.failed) + "/metadata.json")
            return $0.place(.failed)
        },
        Flaw("Metadata that is not JSON", .error, "its metadata.json is not JSON") {
            try $0.write("{", to: $0.place(.pending) + "/metadata.json")
            return $0.place(.pending)
        },
        Flaw("Metadata that lacks members", .error, "lacks a member") {
            try $0.write("{}", to: $0.place(.successful) + "/metadata.json")
            return $0.place(.successful)
        },
        Flaw("Metadata of another job", .error, "of another job") {
            let other = try $0.temporary.text($0.place(.failed) + "/metadata.json")
            try $0.write(other, to: $0.place(.canceled) + "/metadata.json")
            return $0.place(.canceled)
        },
        Flaw("Metadata without a format", .warning, "no number `format`") {
            let path = $0.place(.failed) + "/metadata.json"
            try $0.write(try $0.temporary.text(path).replacing(#""format": 1,"#, with: #""mine": 1,"#), to: path)
            return path
        },
        Flaw("Metadata of a newer format", .note, "newer scrapy-spool", isRepaired: false) {
            let path = $0.place(.failed) + "/metadata.json"
            try $0.write(try $0.temporary.text(path).replacing(#""format": 1,"#, with: #""format": 2,"#), to: path)
            return path
        },
        Flaw("No status", .error, "its status is missing") {
            try $0.spool.root.remove($0.place(.scheduled) + "/status")
            return $0.place(.scheduled)
        },
        Flaw("An empty status", .error, "its status is empty") {
            try $0.write("", to: $0.place(.successful) + "/status")
            return $0.place(.successful)
        },
        Flaw("A status of NUL bytes", .error, "its status holds NUL bytes") {
            try $0.write("\0\0\0\0", to: $0.place(.failed) + "/status")
            return $0.place(.failed)
        },
        Flaw("A status of an unknown state", .error, "the unknown state `DONE`") {
            try $0.write("DONE at=2026-11-24T00:00:00Z\n", to: $0.place(.failed) + "/status")
            return $0.place(.failed)
        },
        Flaw("A status of two lines", .error, "more than one line") {
            let line = try $0.temporary.text($0.place(.pending) + "/status")
            try $0.write(line + line, to: $0.place(.pending) + "/status")
            return $0.place(.pending)
        },
        Flaw("A count in a status that is out of range", .warning, "its `interrupted` is out of range") {
            try $0.changeStatus(.failed) { $0[text: "interrupted"] = "9223372036854775807" }
            return $0.place(.failed) + "/status"
        },
        Flaw("Numbers in a status that are none", .warning, "its `exit`, `version` are out of range") {
            try $0.changeStatus(.successful) {
                $0[text: "version"] = "99999999999999999999"
                $0[text: "exit"] = "-1"
            }
            return $0.place(.successful) + "/status"
        },
        Flaw("A status without a time", .error, "no time `at`") {
            try $0.write("FAILED exit=1\n", to: $0.place(.failed) + "/status")
            return $0.place(.failed)
        },
        Flaw("A status whose time is none", .error, "no time `at`") {
            try $0.write("FAILED at=yesterday exit=1\n", to: $0.place(.failed) + "/status")
            return $0.place(.failed)
        },
        Flaw("A status with a word that is no fact", .error, "the word `sorry`") {
            try $0.write("FAILED at=2026-11-24T00:00:00Z sorry\n", to: $0.place(.failed) + "/status")
            return $0.place(.failed)
        },
        Flaw("A link for a status", .error, "its status is a symbolic link") {
            try $0.spool.root.remove($0.place(.failed) + "/status")
            try $0.spool.root.makeLink($0.place(.failed) + "/status", to: "/etc/passwd")
            return $0.place(.failed)
        },
        Flaw("A FIFO for metadata", .error, "its metadata.json is a FIFO") {
            try $0.makeFIFO($0.place(.failed) + "/metadata.json")
            return $0.place(.failed)
        },
        Flaw("A FIFO for a log", .warning, "should be a file") {
            try $0.makeFIFO($0.place(.failed) + "/job.out")
            return $0.place(.failed) + "/job.out"
        },
        Flaw("A link for a lock", .warning, "should be a file") {
            try $0.spool.root.makeLink($0.place(.pending) + "/lock", to: "/dev/null")
            return $0.place(.pending) + "/lock"
        },
        Flaw("A file for a working directory", .warning, "should be a directory") {
            try $0.write("", to: $0.place(.failed) + "/work")
            return $0.place(.failed) + "/work"
        },
        Flaw("A file for a job", .error, "should be a job's directory") {
            try $0.spool.root.removeTree($0.place(.failed))
            try $0.write("", to: $0.place(.failed))
            return $0.place(.failed)
        },
        Flaw("An unfinished job without a mark", .error, "PENDING without a mark") {
            try $0.spool.unmark($0.id(.pending))
            return $0.place(.pending)
        },
        Flaw("A job that is alive without a mark", .error, "RUNNING without a mark") {
            try $0.spool.unmark($0.id(.running))
            return $0.place(.running)
        },
        Flaw("An end without its time", .warning, "does not say when the job ended") {
            try $0.changeStatus(.failed) { $0[.ended] = nil }
            return $0.place(.failed) + "/status"
        },
        Flaw("A log that was cut", .error, "promises 2 bytes of job.out, of which 2 are lost") {
            try $0.write("", to: $0.place(.successful) + "/job.out")
            return $0.place(.successful) + "/status"
        },
        Flaw("A log that is gone", .error, "promises 2 bytes of job.err, of which 2 are lost") {
            try $0.spool.root.remove($0.place(.successful) + "/job.err")
            return $0.place(.successful) + "/status"
        },
        Flaw("No room for the last status", .warning, "no room is set aside") {
            try $0.spool.root.remove($0.place(.scheduled) + "/.status.spare")
            return $0.place(.scheduled) + "/.status.spare"
        },
        Flaw("A schedule that cannot be used", .error, "its schedule `now and then` cannot be used") {
            let path = $0.place(.scheduled) + "/metadata.json"
            try $0.write(try $0.temporary.text(path).replacing("every 3 hours", with: "now and then"), to: path)
            return $0.place(.scheduled)
        },
        Flaw("A schedule without a next time", .note, "without a next time", isRepaired: false) {
            try $0.changeStatus(.scheduled) { $0[.next] = nil }
            return $0.place(.scheduled)
        },
        Flaw("A job whose shim is gone", .note, "it was interrupted", isRepaired: false) {
            try $0.changeStatus(.pending) {
                $0.state = .running
                $0[.started] = $0[.at]
            }
            return $0.place(.pending)
        },
        Flaw("A write that was interrupted", .note, "a write was interrupted") {
            try $0.write("FAI", to: $0.place(.pending) + "/.status.tmp")
            return $0.place(.pending) + "/.status.tmp"
        },
        Flaw("A job in another day", .error, "it belongs in jobs/") {
            try $0.makeDirectory("jobs/2020-01-02")
            let path = "jobs/2020-01-02/\($0.id(.pending))"
            try $0.move($0.place(.pending), to: path)
            return path
        },
        Flaw("A job in capitals", .error, "it belongs in jobs/") {
            let id = $0.id(.failed)
            let path = "jobs/\(id.day)/\(id.description.uppercased())"
            try $0.move($0.place(.failed), to: path)
            return path
        },
        Flaw("A second job of the same id", .error, "it belongs in jobs/") {
            let path = "jobs/2020-01-02/\($0.id(.failed))"
            try $0.makeDirectory(path)
            return path
        },
        Flaw("A day that is none", .warning, "not named as a day") {
            try $0.makeDirectory("jobs/2020-13-45")
            return "jobs/2020-13-45"
        },
        Flaw("A day that is none, with something in it", .warning, "not named as a day") {
            try $0.makeDirectory("jobs/backup/x")
            return "jobs/backup"
        },
        Flaw("A file among the days", .warning, "should be the directory of a day") {
            try $0.write("", to: "jobs/notes.txt")
            return "jobs/notes.txt"
        },
        Flaw("A file among the jobs", .warning, "it is no job") {
            let path = "jobs/\($0.id(.failed).day)/notes.txt"
            try $0.write("", to: path)
            return path
        },
    ]
}
