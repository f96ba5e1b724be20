internal import CLinux
internal import Glibc

extension Host {
    /// Shows other arguments as those of this process (proc_pid_cmdline(5)): as many as have room in those that it was
    /// started with.
    public static func showArguments(_ words: [String]) {
        guard let room = content(ofSystemFile: "/proc/self/cmdline", limit: 1 << 16)?.count else { return }
        let bytes = words.reduce(into: [CChar]()) { bytes, word in
            bytes += word.utf8.map { CChar(bitPattern: $0) }
            bytes.append(0)
        }
        clinux_show_arguments(bytes, bytes.count, room)
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
