internal import Authentication
internal import HTTPTypes
internal import Logging
internal import SpoolModel

extension API {
    /// `list-users.json`: the users that may log in and their rights, without their secrets.
    func listUsers() async throws -> APIResponse {
        .json(try await users())
    }

    /// The text of `list-users.json`.
    func users() async throws -> [UInt8] {
        guard let authenticator = settings.authenticator else {
            return APIResponse.text([
                JSON.Member("status", .string("ok")), JSON.Member("auth", .bool(false)),
                JSON.Member("users", .array([])),
            ])
        }
        let started = started
        return try await blocking { [logger] in
            do throws(CredentialFile.Problem) {
                let accounts = try authenticator.accounts(at: .now)
                return APIResponse.text([
                    JSON.Member("status", .string("ok")), JSON.Member("auth", .bool(true)),
                    JSON.Member("file", .string(authenticator.path)),
                    JSON.Member("since", .string(started.rfc3339)),
                    JSON.Member("users", .array(accounts.map { JSON.account($0) })),
                ])
            } catch {
                logger.error("Cannot read the file of users: \(error)")
                throw APIError(
                    .internalServerError, "The server cannot read its file of users; the reason is in its log")
            }
        }
    }
}

extension JSON {
    fileprivate static func account(_ account: Authenticator.Account) -> JSON {
        .object([
            Member("user", .string(account.user)),
            Member(
                "logins",
                .array(
                    account.ways.map { way in
                        let used = way.used.map {
                            [
                                Member("last-used", .string($0.time.rfc3339)),
                                Member("last-address", .string($0.address)),
                            ]
                        }
                        return .object(
                            [
                                Member("kind", .string(way.kind.rawValue)),
                                Member("scope", .string(way.scope.rawValue)),
                            ] + (used ?? []))
                    })),
            Member("sessions", .number(account.sessions)),
        ])
    }
}
