/// The ways to draw a table that scrapy-do's client has, by the names that it gives them.
public enum TableFormat: String, Hashable, Sendable, CaseIterable {
    case simple, grid
    case fancyGrid = "fancy_grid"
    case presto, psql, pipe, orgtbl, jira, rst, mediawiki, html, latex
}

extension Table {
    /// The table in a format, as lines.
    ///
    /// A column whose cells are all numbers stands to the right, any other to the left; cells lose the spaces at their
    /// ends, and headings have room for two columns more than they take.
    public func text(_ format: TableFormat) -> String {
        let grid = Grid(self)
        let lines =
            switch format {
            case .html: grid.html
            case .latex: grid.latex
            case .mediawiki: grid.mediawiki
            default: grid.ruled(Rules(format))
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
