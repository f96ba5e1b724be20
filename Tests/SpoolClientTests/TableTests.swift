import SpoolClient
import Testing

@Suite("Tables")
struct TableTests {
    private static let table = Table(
        ["name", "text_&", "n", "d"], [["a", "x", "1", ""], ["ünï", "payload <b>|&", "22", "3.5"]])

    /// What tabulate 0.10 of Python makes of the same table.
    private static let drawings: [(TableFormat, String)] = [
        (
            .simple,
            """
            name    text_&           n    d
            ------  -------------  ---  ---
            a       x                1
            ünï     payload <b>|&   22  3.5

            """
        ),
        (
            .grid,
            """
            +--------+---------------+-----+-----+
            | name   | text_&        |   n |   d |
            +========+===============+=====+=====+
            | a      | x             |   1 |     |
            +--------+---------------+-----+-----+
            | ünï    | payload <b>|& |  22 | 3.5 |
            +--------+---------------+-----+-----+

            """
        ),
        (
            .fancyGrid,
            """
            ╒════════╤═══════════════╤═════╤═════╕
            │ name   │ text_&        │   n │   d │
            ╞════════╪═══════════════╪═════╪═════╡
            │ a      │ x             │   1 │     │
            ├────────┼───────────────┼─────┼─────┤
            │ ünï    │ payload <b>|& │  22 │ 3.5 │
            ╘════════╧═══════════════╧═════╧═════╛

            """
        ),
        (
            .presto,
            """
             name   | text_&        |   n |   d
            --------+---------------+-----+-----
             a      | x             |   1 |
             ünï    | payload <b>|& |  22 | 3.5

            """
        ),
        (
            .psql,
            """
            +--------+---------------+-----+-----+
            | name   | text_&        |   n |   d |
            |--------+---------------+-----+-----|
            | a      | x             |   1 |     |
            | ünï    | payload <b>|& |  22 | 3.5 |
            +--------+---------------+-----+-----+

            """
        ),
        (
            .pipe,
            """
            | name   | text_&        |   n |   d |
            |:-------|:--------------|----:|----:|
            | a      | x             |   1 |     |
            | ünï    | payload <b>|& |  22 | 3.5 |

            """
        ),
        (
            .orgtbl,
            """
            | name   | text_&        |   n |   d |
            |--------+---------------+-----+-----|
            | a      | x             |   1 |     |
            | ünï    | payload <b>|& |  22 | 3.5 |

            """
        ),
        (
            .jira,
            """
            || name   || text_&        ||   n ||   d ||
            | a      | x             |   1 |     |
            | ünï    | payload <b>|& |  22 | 3.5 |

            """
        ),
        (
            .rst,
            """
            ======  =============  ===  ===
            name    text_&           n    d
            ======  =============  ===  ===
            a       x                1
            ünï     payload <b>|&   22  3.5
            ======  =============  ===  ===

            """
        ),
        (
            .mediawiki,
            """
            {| class="wikitable" style="text-align: left;"
            |+ <!-- caption -->
            |-
            ! name   !! text_&        !! style="text-align: right;"|   n !! style="text-align: right;"|   d
            |-
            | a      || x             || style="text-align: right;"|   1 || style="text-align: right;"|
            |-
            | ünï    || payload <b>|& || style="text-align: right;"|  22 || style="text-align: right;"| 3.5
            |}

            """
        ),
        (
            .html,
            """
            <table>
            <thead>
            <tr><th>name  </th><th>text_&amp;       </th><th style="text-align: right;">  n</th>\
            <th style="text-align: right;">  d</th></tr>
            </thead>
            <tbody>
            <tr><td>a     </td><td>x            </td><td style="text-align: right;">  1</td>\
            <td style="text-align: right;">   </td></tr>
            <tr><td>ünï   </td><td>payload &lt;b&gt;|&amp;</td><td style="text-align: right;"> 22</td>\
            <td style="text-align: right;">3.5</td></tr>
            </tbody>
            </table>

            """
        ),
        (
            .latex,
            #"""
            \begin{tabular}{llrr}
            \hline
             name   & text\_\&        &   n &   d \\
            \hline
             a      & x             &   1 &     \\
             ünï    & payload \ensuremath{<}b\ensuremath{>}|\& &  22 & 3.5 \\
            \hline
            \end{tabular}

            """#
        ),
    ]

    @Test("Each format of scrapy-do's client looks like there", arguments: drawings)
    func formats(format: TableFormat, text: String) {
        #expect(Self.table.text(format) == text)
    }

    @Test("A cell of several lines takes several lines, and nothing steers the terminal")
    func lines() {
        let table = Table(["k", "v"], [["a", "l1\nl2"], ["b", "\u{1b}[31m"]])
        #expect(
            table.text(.psql) == """
                +-----+-------+
                | k   | v     |
                |-----+-------|
                | a   | l1    |
                |     | l2    |
                | b   | \u{fffd}[31m |
                +-----+-------+

                """)
    }

    @Test(
        "A cell is found by its text in lines for programs",
        arguments: [
            ("a", "a"), ("", ""), ("x\\\\y\\nz\\r\\t", "x\\y\nz\r\t"), ("\\\\n", "\\n"), ("a\\", nil), ("a\\b", nil),
            ("ü\\\\", "ü\\"),
        ] as [(String, String?)])
    func cell(text: String, cell: String?) {
        #expect(Table.cell(ofPlain: text) == cell)
        if let cell { #expect(Table(["a"], [[cell]]).plain == text + "\n") }
    }

    @Test("For programs there are tabs between cells, and none in them")
    func plain() {
        #expect(Table(["a", "b"], [["1\t2", "x\\y\nz\r"], ["", "ü"]]).plain == "1\\t2\tx\\\\y\\nz\\r\n\tü\n")
        #expect(Table(["a"], []).plain == "")
    }

    @Test(
        "On a terminal the table is as wide as that: cells are cut, then columns left out",
        arguments: [
            (80, "ID    STATE    TEXT\nid-1  RUNNING  a long description\nid-2           日本\n"),
            (31, "ID    STATE    TEXT\nid-1  RUNNING  a long descript…\nid-2           日本\n"),
            (23, "ID    STATE    TEXT\nid-1  RUNNING  a long …\nid-2           日本\n"),
            (22, "ID    STATE\nid-1  RUNNING\nid-2  \n"),
            (3, "ID\nid-1\nid-2\n"),
        ])
    func terminal(width: Int, text: String) {
        let table = Table(
            ["id", "state", "none", "text"], [["id-1", "RUNNING", "", "a long description"], ["id-2", "", "", "日本"]])
        let drawn = table.terminal(width: width, uncut: ["state"]) { _, _, cell in cell }
        #expect(drawn.split(separator: "\n").map(\.trimmedEnd) == text.split(separator: "\n").map(\.trimmedEnd))
    }

    @Test("A cell keeps its place when it gets a colour")
    func colours() {
        let table = Table(["id", "s"], [["a", "RUNNING"]])
        let drawn = table.terminal(width: 80) { heading, text, cell in heading == "s" ? "<\(text)>" : cell }
        #expect(drawn == "ID  S      \na   <RUNNING>\n".replacing("S      ", with: "S"))
    }

    @Test(
        "Widths are those of terminals",
        arguments: [("abc", 3), ("ünï", 3), ("u\u{308}", 1), ("日本", 4), ("", 0), ("👍", 2), ("\u{200d}", 0)])
    func widths(text: String, columns: Int) {
        #expect(text.columns == columns)
    }

    @Test("What is cut ends with an ellipsis, and no wide character is cut in half")
    func truncation() {
        #expect("abcdef".truncated(toColumns: 4) == "abc…")
        #expect("abcd".truncated(toColumns: 4) == "abcd")
        #expect("日本語".truncated(toColumns: 4) == "日…")
        #expect("ab".truncated(toColumns: 0) == "")
    }
}

extension Substring {
    fileprivate var trimmedEnd: Substring {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
