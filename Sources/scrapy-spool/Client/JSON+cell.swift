internal import SpoolModel

extension JSON {
    /// The value in a cell of a table: texts without quotes, null as nothing.
    var cell: String {
        switch self {
        case .null: ""
        case .string(let text): text
        default: line
        }
    }
}
