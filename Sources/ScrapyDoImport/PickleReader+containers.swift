extension PickleReader {
    /// Executes instructions that make tuples, lists, dictionaries and sets, or add to them. Returns false for any
    /// other.
    mutating func readContainer(_ opcode: UInt8) throws(PickleError) -> Bool {
        switch opcode {
        case UInt8(ascii: ")"): push(.tuple([]))
        case UInt8(ascii: "t"): try push(.tuple(popToMark()))
        case 0x85, 0x86, 0x87: try pushTuple(Int(opcode - 0x84))  // TUPLE1 to TUPLE3
        case UInt8(ascii: "]"): push(.list([]))
        case UInt8(ascii: "l"): try push(.list(popToMark()))
        case UInt8(ascii: "a"): try append([pop()])
        case UInt8(ascii: "e"): try append(popToMark())
        case UInt8(ascii: "}"): push(.dictionary([]))
        case UInt8(ascii: "d"): try push(.dictionary(items(popToMark())))
        case UInt8(ascii: "s"): try setItem()
        case UInt8(ascii: "u"): try setItems(items(popToMark()))
        case 0x8f: push(.set([]))  // EMPTY_SET
        case 0x90: try addElements(popToMark())  // ADDITEMS
        case 0x91: try push(.set(popToMark()))  // FROZENSET
        default: return false
        }
        return true
    }

    private mutating func pushTuple(_ count: Int) throws(PickleError) {
        var elements: [Pickle.Reference] = []
        for _ in 0..<count { elements.append(try pop()) }
        push(.tuple(elements.reversed()))
    }

    private mutating func append(_ added: [Pickle.Reference]) throws(PickleError) {
        try changeTop { value in
            guard case .list(var elements) = value else { return false }
            value = .none
            elements += added
            value = .list(elements)
            return true
        }
    }

    private mutating func addElements(_ added: [Pickle.Reference]) throws(PickleError) {
        try changeTop { value in
            guard case .set(var elements) = value else { return false }
            value = .none
            elements += added
            value = .set(elements)
            return true
        }
    }

    private mutating func setItem() throws(PickleError) {
        let value = try pop()
        try setItems([Pickle.Item(key: pop(), value: value)])
    }

    private mutating func setItems(_ added: [Pickle.Item]) throws(PickleError) {
        try changeTop { value in
            guard case .dictionary(var items) = value else { return false }
            value = .none
            items += added
            value = .dictionary(items)
            return true
        }
    }

    private func items(_ references: [Pickle.Reference]) throws(PickleError) -> [Pickle.Item] {
        guard references.count.isMultiple(of: 2) else { throw bytes.error("it sets a key without a value") }
        return stride(from: 0, to: references.count, by: 2).map {
            Pickle.Item(key: references[$0], value: references[$0 + 1])
        }
    }
}
