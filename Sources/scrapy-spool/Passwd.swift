internal import ArgumentParser
internal import Authentication
internal import Glibc
internal import LinuxSystem

/// Changes the user database.
struct Passwd: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Set a user's password or token in the file that `serve --auth-db` reads.",
        discussion: """
            Asks for the password twice, or reads it from standard input if that is no terminal. The file gets its \
            digests by MD5 and SHA-256 instead of the password. All clients can log in with them, also scrapy-do-cl, \
            and so can anyone who reads them: only the file's owner may read it. With --hash only a slow hash is \
            stored, which is useless to a thief; then the user can log in by https only, and not with scrapy-do-cl.

            A token is for programs: sent as `Authorization: Bearer TOKEN` by https, or from the same machine. It is \
            printed once, and only its digest is stored. Its scope limits its use: read (view everything), run (also \
            schedule and cancel jobs), deploy (also push and remove projects).

            A running server uses the change at once. It has to be able to read the file, and only its owner may: a \
            file that root makes in /etc/scrapy-spool belongs to the user scrapy-spool of the package's service, and one \
            that root makes elsewhere to root, unless --owner names another user.

            Examples:
              scrapy-spool passwd --file /etc/scrapy-spool/users alice
              scrapy-spool passwd --file /etc/scrapy-spool/users --token run ci

            Exit status: 0 done; 1 the file cannot be changed; 64 wrong flags; 77 the passwords differ.
            """)

    @Option(name: .shortAndLong, help: ArgumentHelp("The file of users; made if it is missing.", valueName: "file"))
    var file = "auth.db"

    @Option(
        help: ArgumentHelp("For root: the user whose server reads the file, if that is made now.", valueName: "user"))
    var owner: String?

    @Flag(help: "Store a slow hash only: for login by https.")
    var hash = false

    @Option(
        help: ArgumentHelp("Make a token instead of a password: read, run or deploy.", valueName: "scope"),
        completion: .list(Scope.allCases.map(\.rawValue)), transform: Passwd.scope)
    var token: Scope?

    @Flag(help: "Remove the user; with --token only the user's tokens.")
    var delete = false

    @Argument(help: "The user's name.")
    var user: String

    func validate() throws {
        guard !user.isEmpty, !user.hasPrefix("#"), user.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0 != ":" })
        else {
            throw ValidationError("a user's name has no colon, no control characters, and does not begin with #")
        }
        guard !hash || token == nil else { throw ValidationError("--hash is about passwords, not about tokens") }
        if let owner, AccountEntry(named: owner) == nil { throw ValidationError("there is no user \(owner)") }
    }

    /// The place of the package's configuration, and the user of its service.
    private static let (packagePlace, packageUser) = ("/etc/scrapy-spool", "scrapy-spool")

    /// The user that a new file belongs to; nil for the one that runs this.
    private var ownerOfNew: Account? {
        if let owner { return AccountEntry(named: owner)?.account }
        let path = file.lastIndex(of: "/").map { String(file[...$0]) } ?? "."
        guard Host.effectiveUser == 0, let place = realpath(path, nil) else { return nil }
        defer { free(place) }
        return String(cString: place) == Passwd.packagePlace ? AccountEntry(named: Passwd.packageUser)?.account : nil
    }

    private func replace(tokens: Bool, with lines: [String]) throws(CredentialFile.Problem) -> Int {
        try CredentialFile.replace(linesOf: user, tokens: tokens, with: lines, inFile: file, ownedBy: ownerOfNew)
    }

    func run() throws {
        // Private to its owner also when the file is created.
        umask(0o077)
        do throws(CredentialFile.Problem) {
            if delete { return try remove() }
            if let token { return try makeToken(token) }
        } catch {
            throw refusal("\(error)", .failure)
        }
        try setPassword()
    }

    private func setPassword() throws {
        let password = try Passwd.password(for: user)
        var lines = [DigestAlgorithm.md5, .sha256].map { algorithm in
            Credential.line(
                user: user, algorithm: algorithm,
                secret: algorithm.secret(user: user, realm: Authenticator.realm, password: password))
        }
        if hash {
            guard let made = PasswordHash.make(of: password) else {
                throw refusal("this password cannot be hashed", .failure)
            }
            lines = [Credential.line(user: user, hash: made)]
        }
        do throws(CredentialFile.Problem) {
            let old = try replace(tokens: false, with: lines)
            Terminal.say("\(old > 0 ? "Changed" : "Set") the password of \(user) in \(file).")
        } catch {
            throw refusal("\(error)", .failure)
        }
    }

    private func remove() throws(CredentialFile.Problem) {
        var old = try replace(tokens: true, with: [])
        if token == nil { old += try replace(tokens: false, with: []) }
        Terminal.say(old > 0 ? "Took \(user) out of \(file)." : "There was no such user in \(file).")
    }

    private func makeToken(_ scope: Scope) throws(CredentialFile.Problem) {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        let token = String((0..<43).map { _ in alphabet.randomElement(using: &generator) ?? "x" })
        let line = Credential.line(user: user, token: token, scope: scope)
        _ = try replace(tokens: true, with: [line])
        print(token)
        Terminal.say("This is the token of \(user), which is shown only now; its scope is \(scope.rawValue).")
    }

    private static func scope(_ text: String) throws -> Scope {
        guard let scope = Scope(rawValue: text) else {
            throw ValidationError("a scope is one of \(Scope.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return scope
    }

    private static func password(for user: String) throws -> String {
        guard isatty(STDIN_FILENO) == 1 else {
            guard let line = readLine(), !line.isEmpty else { throw refusal("there is no password", .failure) }
            return line
        }
        guard let first = try Terminal.password("New password of \(user): "), !first.isEmpty,
            let second = try Terminal.password("The same again: ")
        else { throw refusal("there is no password", .failure) }
        guard first == second else {
            throw refusal("the two are not the same; nothing was changed", ExitStatus.unauthorized)
        }
        return first
    }
}
