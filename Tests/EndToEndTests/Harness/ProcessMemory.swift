import LinuxSystem

/// How much memory a process takes, in bytes (proc_pid_status(5)).
struct ProcessMemory {
    /// Now, and the most so far.
    let resident: Int, peak: Int

    init(of process: Child) throws {
        let lines = try File.text("/proc/\(process.identity.pid)/status").split(separator: "\n")
        func value(_ name: String) throws -> Int {
            guard
                let words = lines.first(where: { $0.hasPrefix("\(name):") })?.split(whereSeparator: {
                    " \t".contains($0)
                }),
                words.count == 3, let number = Int(words[1])
            else { throw Failure("no \(name) of process \(process.identity.pid)") }
            return number << 10
        }
        (resident, peak) = (try value("VmRSS"), try value("VmHWM"))
    }
}
