internal import SpoolModel

/// The JSON that clients of scrapyd get.
enum ScrapydAnswer {
    /// An object with the answer's own members, then `status` and `node_name`.
    static func ok(_ members: [JSON.Member] = [], by nodeName: String) -> [UInt8] {
        text(members + [JSON.Member("status", .string("ok")), JSON.Member("node_name", .string(nodeName))])
    }

    /// An error.
    static func error(_ message: String, by nodeName: String) -> [UInt8] {
        text([
            JSON.Member("status", .string("error")), JSON.Member("message", .string(message)),
            JSON.Member("node_name", .string(nodeName)),
        ])
    }

    private static func text(_ members: [JSON.Member]) -> [UInt8] {
        ascii(Array(JSON.object(members).line.utf8)) + [UInt8(ascii: "\n")]
    }

    /// The same JSON with `\u` escapes for all that is not ASCII, as Python writes it by default.
    static func ascii(_ json: [UInt8]) -> [UInt8] {
        guard json.contains(where: { $0 >= 0x7f }) else { return json }
        var result: [UInt8] = []
        result.reserveCapacity(json.count + 16)
        for unit in String(decoding: json, as: UTF8.self).utf16 {
            guard unit >= 0x7f else {
                result.append(UInt8(unit))
                continue
            }
            let digits = String(unit, radix: 16)
            result += Array("\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8)
        }
        return result
    }
}
