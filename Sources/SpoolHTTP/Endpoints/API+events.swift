internal import SpoolModel

extension API {
    /// `events`: a stream of changes. `last` (or the parameter `after`) is the id of the last event that the client
    /// has.
    func events(_ parameters: Parameters, last: String?, until departure: Departure) async throws -> APIResponse {
        let id = try parameters.text("after")
        return .events(await feed.events(after: last ?? id, until: departure))
    }
}
