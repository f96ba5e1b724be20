internal import HTTPTypes
internal import Logging
internal import SpoolModel
internal import SpoolStore

extension API {
    /// `/readyz`: whether jobs can be taken and started. The answer is for load balancers, so it needs no login and names
    /// no paths.
    func readiness() async -> APIResponse {
        let engine = await engineAnswers?() ?? true
        let room: DiskSpace?
        do {
            room = try await blocking { [gauge] in try gauge.present() }
        } catch {
            logger.error("Cannot look at the spool: \(error)")
            room = nil
        }
        let checks: [(name: String, trouble: String?)] = [
            ("engine", engine ? nil : "the engine does not answer, or still reads the spool"),
            ("spool", room == nil ? "the spool cannot be read" : nil),
            ("disk", room.flatMap { $0.state == .ok ? nil : "the disk is \($0.state.rawValue)" }),
            ("held", gauge.holdState?.isHeld == true ? "the spool is held, because it is a copy" : nil),
        ]
        let states = JSON.Member(
            "checks", .object(checks.map { JSON.Member($0.name, .string($0.trouble ?? "ok")) }))
        let troubles = checks.compactMap(\.trouble)
        guard !troubles.isEmpty else { return .ok([states]) }
        return .json(
            APIResponse.text([
                JSON.Member("status", .string("error")),
                JSON.Member("msg", .string("Not ready: \(troubles.joined(separator: "; "))")), states,
            ]),
            .serviceUnavailable)
    }
}
