/// Texts with names, in the order given, each name once. Setting one takes the same time however many there are.
struct NamedTexts: Hashable, Sendable {
    private(set) var all: [NamedText] = []
    /// Bytes of all names and texts, with one between them.
    private(set) var byteCount = 0
    private var positions: [String: Int] = [:]

    func contains(_ name: String) -> Bool { positions[name] != nil }

    /// Adds a text; one that is there already is replaced.
    mutating func set(_ text: NamedText) {
        byteCount += text.byteCount
        if let position = positions[text.name] {
            byteCount -= all[position].byteCount
            all[position] = text
        } else {
            positions[text.name] = all.count
            all.append(text)
        }
    }

    /// Removes a text; returns whether it was there.
    mutating func remove(_ name: String) -> Bool {
        guard contains(name) else { return false }
        let rest = all.filter { $0.name != name }
        self = NamedTexts()
        for text in rest { set(text) }
        return true
    }

    /// Adds those whose names are not there.
    mutating func fill(from defaults: NamedTexts) {
        for text in defaults.all where !contains(text.name) { set(text) }
    }
}

extension NamedText {
    fileprivate var byteCount: Int { name.utf8.count + text.utf8.count + 1 }
}
