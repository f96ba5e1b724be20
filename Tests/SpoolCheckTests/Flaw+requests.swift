import LinuxSystem
import SpoolCheck
import SpoolModel
import SpoolStore

extension Flaw {
    /// What can be wrong with marks and requests.
    static let ofRequests: [Flaw] = [
        Flaw("A mark of no job", .note, "it marks no job") {
            try $0.spool.active.makeLink(stranger, to: "../jobs/other-a5/\(stranger)")
            return "active/\(stranger)"
        },
        Flaw("A mark of a finished job", .note, "it marks a job that has ended") {
            try $0.spool.active.makeLink("\($0.id(.failed))", to: "../" + $0.place(.failed))
            return "active/\($0.id(.failed))"
        },
        Flaw("A mark that points elsewhere", .warning, "it points to `/etc`") {
            try $0.spool.active.remove("\($0.id(.pending))")
            try $0.spool.active.makeLink("\($0.id(.pending))", to: "/etc")
            return "active/\($0.id(.pending))"
        },
        Flaw("A mark that is a file", .warning, "should be a symbolic link") {
            try $0.spool.active.remove("\($0.id(.pending))")
            try $0.write("", to: "active/\($0.id(.pending))")
            return "active/\($0.id(.pending))"
        },
        Flaw("A mark that is a directory", .warning, "should be a symbolic link") {
            try $0.spool.active.remove("\($0.id(.scheduled))")
            try $0.makeDirectory("active/\($0.id(.scheduled))/x")
            return "active/\($0.id(.scheduled))"
        },
        Flaw("A file among the marks", .warning, "not named by a job's id") {
            try $0.write("", to: "active/README")
            return "active/README"
        },
        Flaw("A request for a finished job", .note, "a job that has ended") {
            try $0.spool.requestCancel($0.id(.failed))
            return "cancel/\($0.id(.failed))"
        },
        Flaw("A request for no job", .note, "a job that is not there") {
            try $0.spool.requestCancel(JobID(stranger)!)
            return "cancel/\(stranger)"
        },
        Flaw("A request for nothing", .note, "not named by a job's id") {
            try $0.write("", to: "cancel/all")
            return "cancel/all"
        },
        Flaw("A request that is a directory", .warning, "should be an empty file") {
            try $0.makeDirectory("cancel/\($0.id(.pending))")
            return "cancel/\($0.id(.pending))"
        },
        Flaw("A file that was handed in", .note, "cannot become a job: it is not a directory") {
            try $0.write("", to: "incoming/notes.txt")
            return "incoming/notes.txt"
        },
        Flaw("A submission for an unknown spider", .note, "has no spider none") {
            try $0.makeDirectory("incoming/mine")
            try $0.write(#"{"project": "shop", "spider": "none"}"#, to: "incoming/mine/metadata.json")
            return "incoming/mine"
        },
        Flaw("A submission for no known time", .note, "`when`") {
            try $0.makeDirectory("incoming/mine")
            try $0.write(#"{"project": "shop", "spider": "books", "when": "?"}"#, to: "incoming/mine/metadata.json")
            return "incoming/mine"
        },
        Flaw("A mark whose name is not UTF-8", .warning, "its name is not UTF-8") { try $0.makeOdd(in: "active") },
        Flaw("A request whose name is not UTF-8", .warning, "its name is not UTF-8") { try $0.makeOdd(in: "cancel") },
        Flaw("A submission whose name is not UTF-8", .warning, "its name is not UTF-8") {
            try $0.makeOdd(in: "incoming")
        },
        Flaw("A project whose name is not UTF-8", .warning, "its name is not UTF-8") { try $0.makeOdd(in: "projects") },
        Flaw("A version whose name is not UTF-8", .warning, "its name is not UTF-8") {
            try $0.makeOdd(in: "projects/shop/versions")
        },
        Flaw("A day whose name is not UTF-8", .warning, "its name is not UTF-8") { try $0.makeOdd(in: "jobs") },
        Flaw("A name among the jobs of a day that is not UTF-8", .warning, "its name is not UTF-8") {
            try $0.makeOdd(in: "jobs/\($0.id(.failed).day)")
        },
        Flaw("Leavings in tmp/ whose names are not UTF-8", .note, "leftovers of interrupted steps") {
            _ = try $0.makeOdd(in: "tmp")
            return "tmp"
        },
        Flaw("Leavings in tmp/", .note, "leftovers of interrupted steps") {
            try $0.makeDirectory("tmp/push-1/code")
            return "tmp"
        },
        Flaw("Something in quarantine/", .note, "it was set aside: it smells", isRepaired: false) {
            try $0.write("", to: "quarantine/fish")
            try $0.write("it smells\n", to: "quarantine/fish.reason")
            return "quarantine/fish"
        },
    ]
}
