import LinuxSystem
import SpoolCheck
import SpoolStore

extension Flaw {
    private static let line = "\(stranger) 2026-11-28T09:00:00Z 12 shop books SUCCESSFUL\n"

    /// What can be wrong with the history.
    static let ofHistory: [Flaw] = [
        Flaw("A line of the history that cannot be read", .warning, "2 lines of it cannot be read") {
            try $0.write(line + "garbage\n" + line + "\0\0\0\n", to: "history/2026-11-28")
            return "history/2026-11-28"
        },
        Flaw("A line of the history that belongs to another day", .warning, "ended on another day") {
            try $0.write(line.replacing("11-28", with: "11-27"), to: "history/2026-11-28")
            return "history/2026-11-28"
        },
        Flaw("A file of the history with carriage returns", .warning, "one line of it cannot be read") {
            try $0.write(line.replacing("\n", with: "\r") + line.replacing("\n", with: "\r"), to: "history/2026-11-28")
            return "history/2026-11-28"
        },
        Flaw("A last line of the history that the server did not write", .warning, "one line of it cannot be read") {
            try $0.write(line + "garbage", to: "history/2026-11-28")
            return "history/2026-11-28"
        },
        Flaw("A line of the history that was cut short", .note, "its last line has no end", isRepaired: false) {
            try $0.write(line + line.dropLast(9), to: "history/2026-11-28")
            return "history/2026-11-28"
        },
        Flaw("A file of the history that others may read", .warning, "mode") {
            try $0.write(line, to: "history/2026-11-28")
            try $0.spool.setPermissions("history/2026-11-28", 0o644)
            return "history/2026-11-28"
        },
        Flaw("A directory in place of a file of the history", .warning, "should be a file") {
            try $0.makeDirectory("history/2026-11-28")
            return "history/2026-11-28"
        },
        Flaw("A FIFO in place of a file of the history", .warning, "should be a file") {
            try $0.makeFIFO("history/2026-11-28")
            return "history/2026-11-28"
        },
        Flaw("A file of the history that is no day's", .warning, "it is not named as a day") {
            try $0.write(line, to: "history/2026-02-30")
            return "history/2026-02-30"
        },
        Flaw("A name in the history that is not UTF-8", .warning, "its name is not UTF-8") {
            return try $0.makeOdd(in: "history")
        },
        Flaw("A write of the history that was interrupted", .note, "a write was interrupted") {
            try $0.write(line, to: "history/.2026-11-28.tmp")
            return "history/.2026-11-28.tmp"
        },
        Flaw("A file in place of the history", .warning, "should be a directory") {
            try $0.spool.root.removeTree("history")
            try $0.write("", to: "history")
            return "history"
        },
    ]
}
