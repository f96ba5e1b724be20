internal import LinuxSystem

extension FileInformation.Kind {
    /// The kind with its article.
    var name: String {
        switch self {
        case .file: "a file"
        case .directory: "a directory"
        case .symbolicLink: "a symbolic link"
        case .other: "a FIFO, socket or device"
        }
    }
}
