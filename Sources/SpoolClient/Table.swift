/// A table: rows under headings.
public struct Table: Hashable, Sendable {
    /// The headings.
    public let headings: [String]
    /// The rows, each with as many cells as there are headings.
    public let rows: [[String]]

    /// Creates a table; rows that are too short are padded, longer ones are cut.
    public init(_ headings: [String], _ rows: [[String]]) {
        self.headings = headings
        self.rows = rows.map { row in
            Array(row.prefix(headings.count)) + repeatElement("", count: max(0, headings.count - row.count))
        }
    }

    /// Lines for programs: cells separated by tabs, without headings.
    ///
    /// In a cell a tab is `\t`, a line feed `\n`, a carriage return `\r`, and a backslash `\\`.
    public var plain: String {
        rows.map { $0.map(Table.escaped).joined(separator: "\t") + "\n" }.joined()
    }

    private static func escaped(_ cell: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in cell.unicodeScalars {
            switch scalar {
            case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
            case "\t": result.append(contentsOf: "\\t".unicodeScalars)
            case "\n": result.append(contentsOf: "\\n".unicodeScalars)
            case "\r": result.append(contentsOf: "\\r".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    /// The cell that stands as a text in ``plain``; nil if none does.
    public static func cell(ofPlain text: String) -> String? {
        let escapes: [Unicode.Scalar: Unicode.Scalar] = ["\\": "\\", "t": "\t", "n": "\n", "r": "\r"]
        var result = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "\\" else {
                result.append(scalar)
                continue
            }
            guard let next = rest.popFirst(), let meant = escapes[next] else { return nil }
            result.append(meant)
        }
        return String(result)
    }

    /// Lines for a terminal: aligned columns separated by two spaces, headings in capitals, without empty columns.
    ///
    /// If the table is too wide, the widest cells are cut; if that is not enough, columns are left out from the right.
    /// The first column, which identifies the row, is always shown in full.
    ///
    /// - Parameters:
    ///   - width: the width of the terminal in columns.
    ///   - uncut: headings of columns whose cells are shown in full or not at all.
    ///   - style: the style of a cell, for colours, given its heading (nil for a heading itself), its text, and the
    ///     cell as cut to its column.
    public func terminal(
        width: Int, uncut: Set<String> = [], style: (_ heading: String?, _ text: String, _ cell: String) -> String
    ) -> String {
        let cells = rows.map { $0.map { $0.printable() } }
        let columns = headings.indices.filter { column in column == 0 || cells.contains { !$0[column].isEmpty } }
            .map { column in
                let heading = headings[column]
                let widest = cells.reduce(heading.columns) { max($0, $1[column].columns) }
                let isUncut = column == 0 || uncut.contains(heading)
                return Column(index: column, width: widest, least: isUncut ? widest : min(widest, 8))
            }
        let shown = Table.fitted(columns, into: width)
        func line(_ row: [String], _ heading: (Int) -> String?) -> String {
            let parts = shown.enumerated().map { place, column in
                let text = row[column.index].truncated(toColumns: column.width)
                let isLast = place == shown.count - 1
                let space = isLast ? "" : String(repeating: " ", count: max(0, column.width - text.columns))
                return style(heading(column.index), row[column.index], text) + space
            }
            return parts.joined(separator: "  ") + "\n"
        }
        let head = line(headings.map { $0.uppercased() }) { _ in nil }
        return head + cells.map { row in line(row) { headings[$0] } }.joined()
    }

    /// A column of the terminal's table.
    private struct Column {
        let index: Int
        var width: Int
        /// The minimum width.
        let least: Int
    }

    private static func fitted(_ columns: [Column], into width: Int) -> [Column] {
        var shown = columns
        while shown.count > 1, shown.reduce(2 * (shown.count - 1), { $0 + $1.least }) > width { shown.removeLast() }
        var excess = shown.reduce(2 * (shown.count - 1)) { $0 + $1.width } - width
        while excess > 0 {
            let candidates = shown.indices.filter { shown[$0].width > shown[$0].least }
            guard let widest = candidates.max(by: { shown[$0].width < shown[$1].width }) else { break }
            shown[widest].width -= 1
            excess -= 1
        }
        return shown
    }
}
