import LinuxSystem
import Testing

@Suite("The order of changes of a filesystem")
struct FilesystemOrderTests {
    @Test(
        "It is kept by xfs, and by ext4 with a journal",
        arguments: [
            (0x5846_5342, nil, true), (0xef53, "417\n", true), (0xef53, "<none>\n", false), (0xef53, "", false),
            (0xef53, nil, false), (0x9123_683e, nil, false), (0x6969, "417\n", false), (0x794c_7630, "417\n", false),
        ] as [(UInt64, String?, Bool)])
    func kinds(kind: UInt64, journalTask: String?, isKept: Bool) {
        #expect(FilesystemOrder.isKept(by: kind, journalTask: journalTask.map { Array($0.utf8) }) == isKept)
    }

    @Test("The filesystems of the system have none")
    func system() throws {
        for path in ["/proc", "/dev/shm"] {
            let isKept = try Directory(path: path).keepsOrder()
            #expect(!isKept)
        }
    }
}
