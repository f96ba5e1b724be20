internal import CLinux
internal import Glibc

extension Host {
    /// Makes this the whole environment of this process, which has one thread.
    public static func setEnvironment(_ variables: [String]) {
        let pointers = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: variables.count + 1)
        for (index, variable) in variables.enumerated() { pointers[index] = strdup(variable) }
        pointers[variables.count] = nil
        // It has them to its end.
        clinux_set_environment(pointers)
    }
}
