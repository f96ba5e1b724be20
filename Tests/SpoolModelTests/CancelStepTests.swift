import SpoolModel
import Testing

@Suite("Requests to cancel that name a step")
struct CancelStepTests {
    @Test(
        "The requester and the step are read back",
        arguments: [
            (Requester(user: "a b", isToken: false), CancelRequest.Step.kill),
            (Requester(user: "a", isToken: true), nil),
            (nil, .terminate), (nil, nil),
        ] as [(Requester?, CancelRequest.Step?)])
    func both(requester: Requester?, step: CancelRequest.Step?) {
        let content = CancelRequest.content(by: requester, step: step)
        #expect(CancelRequest.requester(in: content) == requester?.description)
        #expect(CancelRequest.step(in: content) == step)
    }

    @Test(
        "Another line names neither",
        arguments: ["", "\n", "step=kill", "step=no\n", "by=a b\n", "kill\n", "step=kill\u{7}\n"])
    func neither(text: String) {
        #expect(CancelRequest.step(in: Array(text.utf8)) == nil)
        #expect(CancelRequest.requester(in: Array(text.utf8)) == nil)
    }
}
