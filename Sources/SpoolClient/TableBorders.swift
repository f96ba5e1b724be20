/// The characters of a horizontal line: its start, its fill, the separator of columns, its end.
struct TableBorder {
    let start: String, fill: String, between: String, end: String

    init(_ start: String, _ fill: String, _ between: String, _ end: String) {
        (self.start, self.fill, self.between, self.end) = (start, fill, between, end)
    }
}

/// The lines of a table in a format that has only lines and cells.
struct TableBorders {
    var top: TableBorder?
    var belowHeadings: TableBorder?
    var betweenRows: TableBorder?
    var bottom: TableBorder?
    var headings: TableBorder
    var row: TableBorder
    /// Spaces at both sides of a cell.
    var padding = 1
    /// Whether the line below the headings shows the alignment by colons.
    var hasColons = false

    init(_ format: TableFormat) {
        let bars = TableBorder("|", "", "|", "|")
        self.init(headings: bars, row: bars)
        switch format {
        case .simple:
            self = TableBorders(line: TableBorder("", "-", "  ", ""))
        case .rst:
            self = TableBorders(line: TableBorder("", "=", "  ", ""))
            (top, bottom) = (belowHeadings, belowHeadings)
        case .grid:
            let line = TableBorder("+", "-", "+", "+")
            (top, belowHeadings, betweenRows, bottom) = (line, TableBorder("+", "=", "+", "+"), line, line)
        case .fancyGrid:
            (top, belowHeadings) = (TableBorder("╒", "═", "╤", "╕"), TableBorder("╞", "═", "╪", "╡"))
            (betweenRows, bottom) = (TableBorder("├", "─", "┼", "┤"), TableBorder("╘", "═", "╧", "╛"))
            row = TableBorder("│", "", "│", "│")
            headings = row
        case .presto:
            belowHeadings = TableBorder("", "-", "+", "")
            row = TableBorder("", "", "|", "")
            headings = row
        case .pipe:
            hasColons = true
            belowHeadings = TableBorder("|", "-", "|", "|")
        case .orgtbl:
            belowHeadings = TableBorder("|", "-", "+", "|")
        case .jira:
            headings = TableBorder("||", "", "||", "||")
        case .psql, .html, .latex, .mediawiki:
            let line = TableBorder("+", "-", "+", "+")
            (top, belowHeadings, bottom) = (line, TableBorder("|", "-", "+", "|"), line)
        }
    }

    private init(headings: TableBorder, row: TableBorder) {
        self.headings = headings
        self.row = row
    }

    /// Columns separated by two spaces, without borders.
    private init(line: TableBorder) {
        self.init(headings: TableBorder("", "", "  ", ""), row: TableBorder("", "", "  ", ""))
        belowHeadings = line
        padding = 0
    }
}
