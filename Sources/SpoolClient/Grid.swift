internal import SpoolModel

/// A table with its columns measured and aligned, before it is written in one of the formats.
struct Grid {
    private let headings: [String]
    /// The lines of each cell: a cell with line feeds has several.
    private let rows: [[[String]]]
    private let widths: [Int]
    private let areNumbers: [Bool]

    init(_ table: Table) {
        headings = table.headings.map { $0.printable() }
        rows = table.rows.map { row in
            row.map { cell in
                cell.printable(keepingLines: true).split(separator: "\n", omittingEmptySubsequences: false).map {
                    String($0.trimmingSpaces)
                }
            }
        }
        let (headings, rows) = (headings, rows)
        widths = headings.indices.map { column in
            rows.lazy.flatMap { $0[column] }.reduce(headings[column].columns + 2) { max($0, $1.columns) }
        }
        areNumbers = headings.indices.map { column in
            let texts = rows.map { $0[column].joined(separator: "\n") }.filter { !$0.isEmpty }
            return !texts.isEmpty && texts.allSatisfy { Double($0) != nil }
        }
    }

    private func aligned(_ text: String, _ column: Int) -> String {
        let space = String(repeating: " ", count: max(0, widths[column] - text.columns))
        return areNumbers[column] ? space + text : text + space
    }

    private var alignedHeadings: [String] {
        headings.enumerated().map { aligned($1, $0) }
    }

    /// The cells of a row, line by line.
    private func lines(of row: [[String]]) -> [[String]] {
        (0..<(row.map(\.count).max() ?? 0)).map { line in
            row.enumerated().map { column, cell in aligned(line < cell.count ? cell[line] : "", column) }
        }
    }

    // MARK: Lines and cells

    func ruled(_ rules: TableBorders) -> [String] {
        let space = String(repeating: " ", count: rules.padding)
        func cells(_ texts: [String], _ rule: TableBorder) -> String {
            rule.start + texts.map { space + $0 + space }.joined(separator: rule.between) + rule.end
        }
        func line(_ rule: TableBorder) -> String {
            let parts = widths.map { String(repeating: rule.fill, count: $0 + 2 * rules.padding) }
            return rule.start + parts.joined(separator: rule.between) + rule.end
        }
        var result: [String] = []
        if let top = rules.top { result.append(line(top)) }
        result.append(cells(alignedHeadings, rules.headings))
        if let rule = rules.belowHeadings { result.append(rules.hasColons ? colons : line(rule)) }
        for (index, row) in rows.enumerated() {
            if index > 0, let rule = rules.betweenRows { result.append(line(rule)) }
            result += lines(of: row).map { cells($0, rules.row) }
        }
        if let bottom = rules.bottom { result.append(line(bottom)) }
        return result
    }

    /// The line below the headings, with a colon at the end to which a column is aligned.
    private var colons: String {
        let parts = zip(widths, areNumbers).map { width, isNumber in
            let line = String(repeating: "-", count: width + 1)
            return isNumber ? line + ":" : ":" + line
        }
        return "|" + parts.joined(separator: "|") + "|"
    }

    // MARK: Markup

    private static let right = "style=\"text-align: right;\""

    var html: [String] {
        func row(_ texts: [String], _ tag: String) -> String {
            let cells = texts.enumerated().map { column, text in
                "<\(tag)\(areNumbers[column] ? " \(Grid.right)" : "")>\(text.escapedForHTML())</\(tag)>"
            }
            return "<tr>\(cells.joined())</tr>"
        }
        let body = rows.flatMap { lines(of: $0) }.map { row($0, "td") }
        return ["<table>", "<thead>", row(alignedHeadings, "th"), "</thead>", "<tbody>"] + body
            + ["</tbody>", "</table>"]
    }

    var mediawiki: [String] {
        func row(_ texts: [String], _ mark: String) -> String {
            let cells = texts.enumerated().map { column, text in
                " " + (areNumbers[column] ? "\(Grid.right)| " : "") + text
            }
            return mark + cells.joined(separator: " \(mark)\(mark)")
        }
        var result = ["{| class=\"wikitable\" style=\"text-align: left;\"", "|+ <!-- caption -->", "|-"]
        result.append(row(alignedHeadings, "!"))
        for texts in rows.flatMap({ lines(of: $0) }) { result += ["|-", row(texts, "|")] }
        return result + ["|}"]
    }

    var latex: [String] {
        func row(_ texts: [String]) -> String {
            " " + texts.map(Grid.escapedForLaTeX).joined(separator: " & ") + " \\\\"
        }
        let alignment = areNumbers.map { $0 ? "r" : "l" }.joined()
        return ["\\begin{tabular}{\(alignment)}", "\\hline", row(alignedHeadings), "\\hline"]
            + rows.flatMap { lines(of: $0) }.map(row) + ["\\hline", "\\end{tabular}"]
    }

    private static func escapedForLaTeX(_ text: String) -> String {
        text.map { character in
            switch character {
            case "&", "%", "$", "#", "_", "{", "}": "\\\(character)"
            case "^": "\\^{}"
            case "\\": "\\textbackslash{}"
            case "~": "\\textasciitilde{}"
            case "<": "\\ensuremath{<}"
            case ">": "\\ensuremath{>}"
            default: String(character)
            }
        }.joined()
    }
}
