internal import SpoolModel

/// A library of `warm-libraries` that a warm parent has left to the spiders (`CWarm/warm/warm.py`). A pure value.
package struct LeftLibrary: Hashable {
    /// The module's name.
    package let name: String
    /// Why: the name of an exception, or what it would have left in the process, such as `threads`.
    package let reason: ColdReason

    /// Whether this Python does not have the library.
    package var isMissing: Bool { reason == ColdReason(word: "ModuleNotFoundError") }

    /// A message `without NAME WHY`; nil if it is another one.
    package init?(reply: String) {
        let words = reply.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[0] == "without", let name = ModuleName(words[1]) else { return nil }
        self.name = name.description
        reason = ColdReason(word: words[2])
    }
}
