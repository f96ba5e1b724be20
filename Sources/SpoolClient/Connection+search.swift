public import SpoolModel

extension Connection {
    /// Searches logs of jobs.
    ///
    /// - Parameters:
    ///   - fields: the parameters of `search-logs.json`.
    ///   - body: called with each member of `lines` as it comes.
    /// - Returns: the other members of the answer.
    public func searchLogs(
        _ fields: [(name: String, value: String)], _ body: (JSON) throws -> Void
    ) async throws -> JSON {
        var isBegun = false
        var end: JSON?
        // Each line that is found has a line of the answer, between its beginning and its end.
        try await lines(of: "search-logs.json", fields) { line in
            let text = line.first == UInt8(ascii: ",") ? line.dropFirst() : line
            switch text.first {
            case UInt8(ascii: "{") where !isBegun: isBegun = true
            case UInt8(ascii: "{"):
                guard let found = JSON(ifValid: Array(text)) else { throw strange }
                try body(found)
            case UInt8(ascii: "]") where isBegun:
                end = JSON(ifValid: [UInt8(ascii: "{")] + line.dropFirst(2))
                guard end != nil else { throw strange }
            case nil: break
            default: throw strange
            }
        }
        guard let end else { throw brokenOff }
        tell((end["warnings"]?.elements ?? []).compactMap(\.text))
        return end
    }
}
