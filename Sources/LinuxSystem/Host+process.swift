internal import CLinux
internal import Glibc

extension Host {
    /// Shows other arguments as those of this process (proc_pid_cmdline(5)): as many as have room in those that it was
    /// started with.
    ///
    /// - Parameter started: all arguments that it was started with, its name first.
    public static func showArguments(_ words: [String], insteadOf started: [String]) {
        func joined(_ words: [String]) -> [UInt8] { words.reduce(into: []) { $0 += Array($1.utf8) + [0] } }
        let shown = joined(words)
        shown.withUnsafeBytes { bytes in
            clinux_show_arguments(
                bytes.baseAddress!.assumingMemoryBound(to: CChar.self), shown.count, joined(started).count)
        }
    }

    /// Makes this the whole environment of this process, which has one thread.
    public static func setEnvironment(_ variables: [String]) {
        let pointers = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: variables.count + 1)
        for (index, variable) in variables.enumerated() { pointers[index] = strdup(variable) }
        pointers[variables.count] = nil
        // It has them to its end.
        clinux_set_environment(pointers)
    }
}
