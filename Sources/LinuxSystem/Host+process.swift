internal import CLinux
internal import Glibc

extension Host {
    /// Takes the program's code, with the linker's tables, out of this process's memory until it is used again
    /// (MADV_DONTNEED of madvise(2)): what runs only at the start. It stays in the page cache.
    public static func unmapCode() {
        // Where that cannot be done the code stays.
        _ = clinux_unmap_code()
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
