/// The bookshop that the example project reads.
struct Site {
    /// Its address, ended by a slash.
    let address: String

    /// Opens the shop on a free port.
    ///
    /// - Parameter delay: seconds before each page.
    init(in folder: Folder, delay: Double = 0) async throws {
        let shop = try folder.start(
            ["python3", "\(Place.repository)/tools/site", "--port", "0", "--delay", "\(delay)"])
        address = try await waitFor("the site's address", in: [folder.path], unlessEnded: shop) {
            try File.text(shop.out).split(separator: "\n").first { $0.hasPrefix("site on ") }
                .map { String($0.dropFirst("site on ".count)) }
        }
    }

    /// The payload that sends a spider of the example here.
    ///
    /// - Parameter limit: how many items are enough; nil for all.
    func payload(limit: Int? = nil) -> String {
        "{\"site\": \"\(address)\"" + (limit.map { ", \"limit\": \($0)" } ?? "") + "}"
    }
}
