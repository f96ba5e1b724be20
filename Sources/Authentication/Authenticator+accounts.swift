public import SpoolModel
internal import Synchronization

extension Authenticator {
    /// A user of the file, without anything by which they log in.
    public struct Account: Hashable, Sendable {
        /// How a line of the file lets in.
        public enum Kind: String, Hashable, Sendable {
            /// The password itself, as scrapy-do has it.
            case password
            /// Its slow hash.
            case hash
            /// Digests for digest authentication.
            case digest
            case token
        }

        /// A way to log in.
        public struct Way: Hashable, Sendable {
            /// How.
            public let kind: Kind
            /// The rights that it grants.
            public let scope: Scope
            /// When it was used last since the server's start; nil if it was not.
            public let used: Use?
        }

        /// The name.
        public let user: String
        /// The ways to log in, passwords first; digests by several algorithms count once.
        public let ways: [Way]
        /// The sessions of the form that are open.
        public let sessions: Int
    }

    /// A use of a login.
    public struct Use: Hashable, Sendable {
        /// When, to the second or so.
        public let time: Timestamp
        /// From which address.
        public let address: String

        /// A use at a time from an address.
        public init(time: Timestamp, address: String) {
            (self.time, self.address) = (time, address)
        }
    }

    /// The credential that was used: a token, or any of a user's passwords.
    enum Used: Hashable {
        case password(of: String)
        case token(digest: String)

        init(_ credential: Credential) {
            if case .token(_, let digest) = credential.proof {
                self = .token(digest: digest)
            } else {
                self = .password(of: credential.user)
            }
        }
    }

    /// The users of the file as it is now, by name.
    public func accounts(at now: Timestamp) throws(CredentialFile.Problem) -> [Account] {
        let credentials = try file.current().credentials
        return state.withLock { state in
            let sessions = state.sessions.counts(at: now) { credentials.contain($0.proof) }
            return credentials.users.sorted().map { user in
                var ways: [Account.Way] = []
                for credential in credentials.lines(of: user) {
                    let way = Account.Way(
                        kind: credential.kind, scope: credential.scope, used: state.uses[Used(credential)])
                    if way.kind == .token || !ways.contains(way) { ways.append(way) }
                }
                return Account(user: user, ways: ways, sessions: sessions[user] ?? 0)
            }
        }
    }

    /// Records the use of a login. Names come from the file of users, so that there are not more of them than lines in it.
    func noteUse(of used: Used, from address: String, _ now: Timestamp) {
        state.withLock { state in
            if state.uses.count >= 10_000 { state.uses = [:] }
            state.uses[used] = Use(time: now, address: address)
        }
    }
}

extension Credential {
    /// How it lets in.
    fileprivate var kind: Authenticator.Account.Kind {
        switch proof {
        case .password: .password
        case .hash: .hash
        case .digest: .digest
        case .token: .token
        }
    }
}
