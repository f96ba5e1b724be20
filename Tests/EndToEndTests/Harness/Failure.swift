/// Why a test cannot go on: a sentence with what was seen.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
