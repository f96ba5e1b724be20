import LinuxSystem
import SpoolEngine
import SpoolModel
import Testing

@Suite("What is said once")
struct RemarksTests {
    @Test("The same text about the same thing is said once, until it is over or the thing changes")
    func once() {
        var remarks = Remarks()
        let news = [
            remarks.isNews("no", about: .incoming("a")), remarks.isNews("no", about: .incoming("a")),
            remarks.isNews("no", about: .incoming("b")), remarks.isNews("no", about: .cancel("a")),
            remarks.isNews("no", about: .incoming("a"), stamp: "0600"),
            remarks.isNews("never", about: .incoming("a"), stamp: "0600"),
            remarks.isNews("no", about: .incoming("a"), stamp: "0600"),
        ]
        #expect(news == [true, false, true, true, true, true, true])
        let settled = [remarks.clear(.incoming("a")), remarks.clear(.incoming("a"))]
        #expect(settled == [true, false])
        let again = remarks.isNews("no", about: .incoming("a"), stamp: "0600")
        #expect(again)
    }

    @Test("What is not there any more is forgotten")
    func keep() {
        var remarks = Remarks()
        let names: [FileName] = ["a", "b"]
        for name in names { remarks.isNews("no", about: .incoming(name)) }
        remarks.keep { $0 == .incoming("b") }
        let news = names.map { remarks.isNews("no", about: .incoming($0)) }
        #expect(news == [true, false])
    }
}
