internal import Glibc

extension Directory {
    /// Tests whether the directory's filesystem changes a file's times when a process writes through a mapping (mmap(2))
    /// that it has read before. False if the test fails.
    ///
    /// ext4, xfs and btrfs do. tmpfs, and overlayfs on it, do not: after the read the page is writable, and no fault
    /// follows.
    public func timesWritesThroughMappings() -> Bool {
        let name = ".mapping-\(getpid())"
        // A killed process with the same number may have left it.
        try? remove(name)
        guard let file = try? file(name, O_RDWR | O_CREAT | O_EXCL) else { return false }
        try? remove(name)
        let size = 4096
        guard ftruncate(file.number, off_t(size)) == 0,
            (try? file.setModified(seconds: 1)) != nil,
            let page = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.number, 0), page != MAP_FAILED
        else { return false }
        defer { munmap(page, size) }
        // Two instructions: a single one that reads and writes would be a write fault.
        guard page.load(as: UInt8.self) == 0 else { return false }
        page.storeBytes(of: 1, as: UInt8.self)
        return (try? file.information().modificationTime.seconds) != 1
    }
}
