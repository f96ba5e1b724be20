import LinuxSystem
import SpoolModel

/// A receiver of webhooks and mails on this machine.
struct Receiver {
    /// A request that it has got.
    struct Request: Sendable {
        let json: JSON
        var path: String { json["path"]?.text ?? "" }
        var way: String { json["way"]?.text ?? "" }
        var body: String { json["body"]?.text ?? "" }
        /// Whether its signature is that of the secret.
        var isSigned: Bool { json["signed"] == .bool(true) }

        subscript(field name: String) -> String? { json["headers"]?[name]?.text }
    }

    /// A secret that it knows.
    static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    /// The address of webhooks, without a slash at its end, and the port of mails.
    let url: String, mailPort: String
    private let place: String
    private let process: Child

    init(in folder: Folder, secret: String = Receiver.secret) async throws {
        place = folder.fresh("requests")
        try File.makeDirectory(place)
        let process = try folder.start(
            ["python3", "-u", "\(Place.repository)/Tests/Fixtures/receiver.py", place, secret], in: "/")
        self.process = process
        let ports = try await waitFor("the receiver's ports", in: [folder.path], unlessEnded: process) {
            let words = try File.text(process.out).split(whereSeparator: \.isWhitespace)
            return words.count == 4 ? words.suffix(2).map(String.init) : nil
        }
        url = "http://127.0.0.1:\(ports[0])"
        mailPort = ports[1]
    }

    /// What it has got so far.
    func requests(_ isWanted: (Request) -> Bool = { _ in true }) throws -> [Request] {
        try File.names(place).filter { !$0.hasPrefix(".") }
            .compactMap { JSON(ifValid: try File.bytes("\(place)/\($0)")).map { Request(json: $0) } }.filter(isWanted)
    }

    /// Waits for some requests, and returns them.
    func requests(_ count: Int, of what: String, _ isWanted: @escaping @Sendable (Request) -> Bool) async throws
        -> [Request]
    {
        try await waitFor("\(count) requests: \(what)", in: [place]) {
            let found = try requests(isWanted)
            return found.count >= count ? found : nil
        }
    }

    /// Ends it.
    func end() async throws { try await process.end(by: 9) }
}
