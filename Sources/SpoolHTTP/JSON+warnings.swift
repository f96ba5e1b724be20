internal import SpoolModel

extension JSON {
    /// The member `warnings` of an answer, which is there where there are any.
    static func warnings(_ texts: [String]) -> [Member] {
        texts.isEmpty ? [] : [Member("warnings", .array(texts.map { .string($0) }))]
    }
}
