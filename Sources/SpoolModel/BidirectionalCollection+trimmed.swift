extension BidirectionalCollection {
    /// Without the elements at both ends for which a condition holds.
    public func trimmed(where isDropped: (Element) -> Bool) -> SubSequence {
        guard let start = firstIndex(where: { !isDropped($0) }), let last = lastIndex(where: { !isDropped($0) }) else {
            return self[endIndex...]
        }
        return self[start...last]
    }
}
