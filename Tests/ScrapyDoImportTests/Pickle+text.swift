import ScrapyDoImport

extension Pickle {
    /// The value as Python's `repr` would have it, texts in double quotes. Only for values that do not hold themselves.
    func text(of value: Value) -> String {
        func list(_ references: [Reference]) -> String {
            references.map { text(of: self[$0]) }.joined(separator: ", ")
        }
        switch value {
        case .none: return "None"
        case .bool(let value): return value ? "True" : "False"
        case .integer(let value): return String(value)
        case .float(let value): return String(value)
        case .text(let value): return "\"\(value)\""
        case .bytes(let value): return "b\(value)"
        case .list(let elements): return "[\(list(elements))]"
        case .tuple(let elements): return "(\(list(elements)))"
        case .set(let elements): return "{\(list(elements))}"
        case .dictionary(let items):
            return "{" + items.map { "\(text(of: self[$0.key])): \(text(of: self[$0.value]))" }.joined(separator: ", ")
                + "}"
        case .type(let name): return "<\(name)>"
        case .record(let type, let arguments): return "\(type)(\(list(arguments)))"
        }
    }
}
