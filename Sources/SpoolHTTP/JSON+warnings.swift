internal import SpoolModel

extension JSON {
    /// The member `warnings` of an answer; absent without any.
    static func warnings(_ texts: [String]) -> [Member] {
        texts.isEmpty ? [] : [Member("warnings", .array(texts.map { .string($0) }))]
    }
}
