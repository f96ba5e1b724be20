/// The characters of a horizontal line: its start, its fill, the separator of columns, its end.
struct Rule {
    let start: String, fill: String, between: String, end: String

    init(_ start: String, _ fill: String, _ between: String, _ end: String) {
        (self.start, self.fill, self.between, self.end) = (start, fill, between, end)
    }
}

/// The lines of a table in a format that has only lines and cells.
struct Rules {
    var top: Rule?
    var belowHeadings: Rule?
    var betweenRows: Rule?
    var bottom: Rule?
    var headings: Rule
    var row: Rule
    /// Spaces at both sides of a cell.
    var padding = 1
    /// Whether the line below the headings shows the alignment by colons.
    var hasColons = false

    init(_ format: TableFormat) {
        let bars = Rule("|", "", "|", "|")
        self.init(headings: bars, row: bars)
        switch format {
        case .simple:
            self = Rules(line: Rule("", "-", "  ", ""))
        case .rst:
            self = Rules(line: Rule("", "=", "  ", ""))
            (top, bottom) = (belowHeadings, belowHeadings)
        case .grid:
            let line = Rule("+", "-", "+", "+")
            (top, belowHeadings, betweenRows, bottom) = (line, Rule("+", "=", "+", "+"), line, line)
        case .fancyGrid:
            (top, belowHeadings) = (Rule("╒", "═", "╤", "╕"), Rule("╞", "═", "╪", "╡"))
            (betweenRows, bottom) = (Rule("├", "─", "┼", "┤"), Rule("╘", "═", "╧", "╛"))
            row = Rule("│", "", "│", "│")
            headings = row
        case .presto:
            belowHeadings = Rule("", "-", "+", "")
            row = Rule("", "", "|", "")
            headings = row
        case .pipe:
            hasColons = true
            belowHeadings = Rule("|", "-", "|", "|")
        case .orgtbl:
            belowHeadings = Rule("|", "-", "+", "|")
        case .jira:
            headings = Rule("||", "", "||", "||")
        case .psql, .html, .latex, .mediawiki:
            let line = Rule("+", "-", "+", "+")
            (top, belowHeadings, bottom) = (line, Rule("|", "-", "+", "|"), line)
        }
    }

    private init(headings: Rule, row: Rule) {
        self.headings = headings
        self.row = row
    }

    /// Columns separated by two spaces, without borders.
    private init(line: Rule) {
        self.init(headings: Rule("", "", "  ", ""), row: Rule("", "", "  ", ""))
        belowHeadings = line
        padding = 0
    }
}
