internal import LinuxSystem

extension FileInformation.Kind {
    /// The kind in words.
    var name: String {
        switch self {
        case .file: "a file"
        case .directory: "a directory"
        case .symbolicLink: "a symbolic link"
        case .other: "a FIFO, socket or device"
        }
    }
}

extension String {
    /// Whether a name is not UTF-8: it was decoded with replacements, so that nothing can be found by it.
    var isUndecoded: Bool { unicodeScalars.contains("\u{fffd}") }
}
