import SpoolShim
import Testing

@Suite("Requests to stop")
struct EscalationTests {
    private static let second: Int64 = 1_000_000

    /// The steps that are taken at each second from 0 on.
    private func steps(_ stop: Escalation, until end: Int64, grace: Int) -> [Int64: Escalation.Step] {
        var stop = stop
        var steps: [Int64: Escalation.Step] = [:]
        for time in 0...end { steps[time] = stop.dueStep(at: time * EscalationTests.second, grace: grace) }
        return steps
    }

    @Test("Nothing is done before a request")
    func none() {
        #expect(steps(Escalation(), until: 100, grace: 1).isEmpty)
        #expect(Escalation().microsecondsToNextStep(at: 5) == nil)
    }

    @Test(
        "The polite step comes at once, the others after the grace, the last again each second",
        arguments: [Escalation.Cause.cancel, .terminated, .limit])
    func order(cause: Escalation.Cause) {
        var stop = Escalation()
        stop.request(cause, at: 0)
        #expect(
            steps(stop, until: 8, grace: 3) == [0: .interrupt, 3: .terminate, 6: .kill, 7: .kill, 8: .kill])
    }

    @Test("A spider that may have been told already gets no second signal before the grace is over")
    func again() {
        var stop = Escalation()
        stop.requestAgain(.terminated, at: 0, grace: 3)
        #expect(stop.cause == .terminated)
        #expect(steps(stop, until: 7, grace: 3) == [3: .terminate, 6: .kill, 7: .kill])
    }

    @Test("One that turns out not to have been told gets the polite step then, and the others after the grace")
    func afterAll() {
        var stop = Escalation()
        stop.requestAgain(.terminated, at: 0, grace: 5)
        stop.interruptAfterAll(at: 2 * EscalationTests.second)
        #expect(steps(stop, until: 12, grace: 5) == [2: .interrupt, 7: .terminate, 12: .kill])
    }

    @Test("The polite step is taken once, whatever comes after it")
    func once() {
        var stop = Escalation()
        stop.request(.cancel, at: 0)
        let first = stop.dueStep(at: 0, grace: 5)
        #expect(first == .interrupt)
        stop.interruptAfterAll(at: EscalationTests.second)
        stop.requestAgain(.terminated, at: EscalationTests.second, grace: 5)
        stop.request(.cancel, at: EscalationTests.second)
        stop.interruptAfterAll(at: EscalationTests.second)
        let (early, second) = (
            stop.dueStep(at: EscalationTests.second, grace: 5), stop.dueStep(at: 5 * EscalationTests.second, grace: 5)
        )
        #expect(early == nil && second == .terminate)
        stop.interruptAfterAll(at: 5 * EscalationTests.second)
        let late = stop.dueStep(at: 5 * EscalationTests.second, grace: 5)
        #expect(late == nil)
        #expect(stop.lastStep == .terminate)
    }

    @Test("Hurry leaves out all but the last step")
    func hurry() {
        var stop = Escalation()
        stop.request(.memory, at: 0)
        stop.hurry(at: 0)
        #expect(steps(stop, until: 2, grace: 5) == [0: .kill, 1: .kill, 2: .kill])
    }

    @Test(
        "A user's request counts more than another's, and a limit more than the end that it brings",
        arguments: [
            ([.terminated, .cancel], .cancel), ([.cancel, .terminated], .cancel), ([.cancel, .limit], .cancel),
            ([.limit, .terminated], .limit), ([.memory, .terminated], .memory), ([.limit, .cancel], .cancel),
            ([.terminated, .limit], .limit),
        ] as [([Escalation.Cause], Escalation.Cause)])
    func causes(requests: [Escalation.Cause], counts: Escalation.Cause) {
        var stop = Escalation()
        for cause in requests { stop.request(cause, at: 0) }
        #expect(stop.cause == counts)
    }
}
