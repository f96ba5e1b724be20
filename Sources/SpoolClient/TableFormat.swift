/// The table formats of scrapy-do's client, by its names.
public enum TableFormat: String, Hashable, Sendable, CaseIterable {
    case simple, grid
    case fancyGrid = "fancy_grid"
    case presto, psql, pipe, orgtbl, jira, rst, mediawiki, html, latex
}

extension Table {
    /// The table in a format, as lines.
    ///
    /// Columns in which all cells are numbers are aligned to the right, others to the left. Cells lose the spaces at
    /// their ends, and a column is at least two wider than its heading.
    public func text(_ format: TableFormat) -> String {
        let grid = Grid(self)
        let lines =
            switch format {
            case .html: grid.html
            case .latex: grid.latex
            case .mediawiki: grid.mediawiki
            default: grid.ruled(TableBorders(format))
            }
        return lines.map { $0.droppingTrailingSpaces + "\n" }.joined()
    }
}

extension String {
    fileprivate var droppingTrailingSpaces: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
