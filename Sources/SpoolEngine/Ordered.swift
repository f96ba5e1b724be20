internal import HeapModule

/// Keys ordered by rank. A change takes O(log n) on average, and access to both ends O(1).
///
/// A heap. When a key is removed or its rank changes, its old entry stays until it reaches an end of the heap.
package struct Ordered<Key: Hashable & Comparable, Rank: Comparable> {
    private struct Entry: Comparable {
        let rank: Rank
        let key: Key

        static func < (one: Entry, other: Entry) -> Bool { (one.rank, one.key) < (other.rank, other.key) }
    }

    private var heap = Heap<Entry>()
    private var ranks: [Key: Rank] = [:]

    /// No keys.
    package init() {}

    /// How many keys there are.
    package var count: Int { ranks.count }
    /// Whether there is no key.
    package var isEmpty: Bool { ranks.isEmpty }
    /// The keys, in no order.
    package var keys: some Collection<Key> { ranks.keys }

    /// The rank of a key; setting nil removes it.
    package subscript(key: Key) -> Rank? {
        get { ranks[key] }
        set {
            guard newValue != ranks[key] else { return }
            ranks[key] = newValue
            if let newValue { heap.insert(Entry(rank: newValue, key: key)) }
            // Rebuild only when most entries are stale, so that the cost per change stays constant on average.
            if heap.count > 2 * ranks.count + 64 { heap = Heap(ranks.map { Entry(rank: $1, key: $0) }) }
            trim()
        }
    }

    /// The key with the lowest rank, of several the lowest key.
    package var first: (key: Key, rank: Rank)? { heap.min.map { ($0.key, $0.rank) } }

    /// The key with the highest rank.
    package var last: (key: Key, rank: Rank)? { heap.max.map { ($0.key, $0.rank) } }

    /// Takes the key with the lowest rank out.
    package mutating func popFirst() -> (key: Key, rank: Rank)? {
        guard let first else { return nil }
        self[first.key] = nil
        return first
    }

    /// Removes stale entries from both ends.
    private mutating func trim() {
        while let entry = heap.min, ranks[entry.key] != entry.rank { heap.removeMin() }
        while let entry = heap.max, ranks[entry.key] != entry.rank { heap.removeMax() }
    }
}
