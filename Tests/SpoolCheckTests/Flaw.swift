import SpoolCheck
import Testing

/// One way in which a tree can be broken.
struct Flaw: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// How bad it is.
    let severity: Severity
    /// A part of what is said of it.
    let problem: String
    /// Whether a repair does something about it.
    let isRepaired: Bool
    /// Breaks a tree, and gives the path of what is to be found.
    let make: @Sendable (SampleTree) throws -> String

    init(
        _ name: String, _ severity: Severity, _ problem: String, isRepaired: Bool = true,
        _ make: @escaping @Sendable (SampleTree) throws -> String
    ) {
        testDescription = name
        self.severity = severity
        self.problem = problem
        self.isRepaired = isRepaired
        self.make = make
    }
}

extension Flaw {
    static let all = ofJobs + ofRequests + ofProjects + ofHistory + ofHooks

    /// An id that no job has.
    static let stranger = "5b30c8a2-42e5-4ad5-b143-4cb0420955a5"
}
