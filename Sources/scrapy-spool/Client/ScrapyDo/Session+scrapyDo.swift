internal import SpoolClient

// The commands of scrapy-do's client by its names, with its options and its tables. They never ask for confirmation.

extension Session {
    /// Works with the server, and formats tables as scrapy-do's client does unless another format is requested.
    static func asScrapyDo(_ options: ClientOptions, _ body: (Session) async throws -> Void) async throws {
        try await run(options, standardFormat: .psql, body)
    }

    /// Shows a table, or a line if it is empty.
    func showOrSay(_ table: Table) throws {
        if table.rows.isEmpty { try Terminal.put("[i] No data to show.\n") } else { try show(table) }
    }
}
