internal import SpoolModel

extension JSON {
    /// The value in a cell of a table: strings without quotes, null as an empty cell.
    var cell: String {
        switch self {
        case .null: ""
        case .string(let text): text
        default: line
        }
    }
}
