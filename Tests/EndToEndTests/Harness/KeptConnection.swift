import Glibc
import LinuxSystem
import SpoolModel

/// A connection that is kept from one request to the next, and shows every byte that comes. It blocks its thread.
final class KeptConnection {
    /// An answer, or the head of one whose body follows.
    struct Response {
        let status: Int
        /// The head as it came, without the empty line.
        let head: String
        var body: [UInt8] = []

        /// The value of a header field, or nil.
        subscript(field name: String) -> String? {
            for line in head.split(separator: "\r\n").dropFirst() {
                guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name else { continue }
                return String(line[line.index(after: colon)...].drop { $0 == " " })
            }
            return nil
        }

        var text: String { String(decoding: body, as: UTF8.self) }

        /// The body as JSON, which is an answer `ok`.
        var ok: JSON {
            get throws {
                let json = try JSON(parsing: body)
                guard status == 200, json["status"] == .string("ok") else { throw Failure("\(status) \(text)") }
                return json
            }
        }

        /// The state of a job in a list, an overview or a description; nil where it is not named.
        func state(of id: JobID) -> String? {
            let start = "\"identifier\": \"\(id)\", \"status\": \""
            guard let place = body.firstIndex(of: start) else { return nil }
            return String(
                decoding: body[(place + start.utf8.count)...].prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
        }
    }

    /// What has come and was not taken yet.
    private(set) var received: [UInt8] = []
    private let socket: Descriptor

    /// Connects.
    ///
    /// - Parameters:
    ///   - address: `127.0.0.1:PORT`.
    ///   - bufferSize: bytes that the system may keep for this side before the client takes them; nil for its own choice.
    init(to address: String, bufferSize: Int32? = nil) throws {
        let parts = address.split(separator: ":")
        guard parts.count == 2, let port = UInt16(parts[1]) else { throw Failure("no address: \(address)") }
        socket = Descriptor(
            owning: Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0))
        // Longer than for anything else: an answer may come only after those to many other clients, as of pushes in a queue.
        var limit = timeval(tv_sec: Int(patience.components.seconds) * 3, tv_usec: 0)
        setsockopt(socket.number, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(socket.number, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        if var bufferSize {
            setsockopt(socket.number, SOL_SOCKET, SO_RCVBUF, &bufferSize, socklen_t(MemoryLayout<Int32>.size))
        }
        var one: Int32 = 1
        setsockopt(socket.number, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        guard inet_pton(AF_INET, String(parts[0]), &name.sin_addr) == 1 else { throw Failure("no address: \(address)") }
        let number = socket.number
        let result = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw SystemError("connect to \(address)") }
    }

    // MARK: Requests

    /// Asks with GET and takes the answer.
    func get(_ path: String) throws -> Response {
        try send("GET /\(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return try response()
    }

    /// Sends a form and takes the answer.
    func post(_ path: String, _ fields: KeyValuePairs<String, String>) throws -> Response {
        let form = fields.map { "\($0.key)=\(KeptConnection.escaped($0.value))" }.joined(separator: "&")
        return try post(path, Array(form.utf8))
    }

    /// Pushes an archive.
    func push(_ archive: String) throws -> Response {
        try sendPush(archive)
        return try response()
    }

    /// Pushes an archive, and takes no answer.
    func sendPush(_ archive: String) throws {
        let bytes = try File.bytes(archive)
        try sendForm("push-project.json", Array("archive=\(KeptConnection.escaped(bytes))".utf8))
    }

    private func post(_ path: String, _ form: [UInt8]) throws -> Response {
        try sendForm(path, form)
        return try response()
    }

    private func sendForm(_ path: String, _ form: [UInt8]) throws {
        try send(
            "POST /\(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                + "Content-Length: \(form.count)\r\n\r\n")
        try send(form)
    }

    /// Sends bytes as they are.
    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Sends bytes as they are.
    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(socket.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count >= 0 else { throw SystemError("send to the server") }
            rest = rest.dropFirst(count)
        }
    }

    /// Says that nothing more comes from this side.
    func finishSending() { shutdown(socket.number, Int32(SHUT_WR)) }

    /// Sends a text and says that nothing more comes, both in one segment (TCP_CORK of tcp(7)): nothing is answered in between.
    func sendLast(_ text: String) throws {
        var one: Int32 = 1
        setsockopt(socket.number, Int32(IPPROTO_TCP), TCP_CORK, &one, socklen_t(MemoryLayout<Int32>.size))
        try send(text)
        finishSending()
    }

    /// Closes the connection by a reset (SO_LINGER of socket(7)), when this is gone: the other side is told at once.
    func leaveByReset() {
        var limit = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket.number, SOL_SOCKET, SO_LINGER, &limit, socklen_t(MemoryLayout<linger>.size))
    }

    // MARK: Answers

    /// Takes the next head, and leaves the body where it is.
    func head() throws -> Response {
        while true {
            if let end = received.firstIndex(of: "\r\n\r\n") {
                let head = String(decoding: received[..<end], as: UTF8.self)
                received.removeFirst(end + 4)
                guard let status = Int(head.dropFirst("HTTP/1.1 ".count).prefix(3)) else {
                    throw Failure("no head: \(head)")
                }
                return Response(status: status, head: head)
            }
            guard try receive() else {
                throw Failure("the connection ended in a head: \(String(decoding: received, as: UTF8.self))")
            }
        }
    }

    /// Takes the next answer with its body, whose length is known or which comes in chunks.
    ///
    /// - Parameter isBodiless: whether it answers HEAD.
    func response(isBodiless: Bool = false) throws -> Response {
        var response = try head()
        if isBodiless { return response }
        if let length = response[field: "content-length"].flatMap({ Int($0) }) {
            response.body = try take(length)
        } else if response[field: "transfer-encoding"] == "chunked" {
            while let chunk = try chunk() { response.body += chunk }
        }
        return response
    }

    /// Takes the next chunk of a body; nil at its end.
    func chunk() throws -> [UInt8]? {
        while received.firstIndex(of: "\r\n") == nil {
            guard try receive() else { throw Failure("the connection ended in a chunk") }
        }
        let end = received.firstIndex(of: "\r\n") ?? 0
        guard let count = Int(String(decoding: received[..<end], as: UTF8.self), radix: 16) else {
            throw Failure("no chunk: \(String(decoding: received.prefix(100), as: UTF8.self))")
        }
        received.removeFirst(end + 2)
        let chunk = try take(count)
        guard try take(2) == [13, 10] else { throw Failure("no end of a chunk") }
        return count == 0 ? nil : chunk
    }

    /// Waits until a text has come, and leaves it where it is.
    ///
    /// - Returns: the place of its first byte in ``received``.
    func await(_ text: String) throws -> Int {
        while true {
            if let place = received.firstIndex(of: text) { return place }
            guard try receive() else { throw Failure("the connection ended before: \(text)") }
        }
    }

    /// Takes all that comes until the server closes the connection.
    func rest() throws -> [UInt8] {
        while try receive() {}
        defer { received = [] }
        return received
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while received.count < count {
            guard try receive() else { throw Failure("the connection ended \(count - received.count) bytes too early") }
        }
        defer { received.removeFirst(count) }
        return Array(received[..<count])
    }

    /// - Returns: false when the server has closed the connection.
    private func receive() throws -> Bool {
        var count = 0
        let piece = [UInt8](unsafeUninitializedCapacity: 65536) { buffer, length in
            count = recv(socket.number, buffer.baseAddress, buffer.count, 0)
            length = max(0, count)
        }
        guard count >= 0 else { throw SystemError("receive from the server") }
        received += piece
        return count > 0
    }

    // MARK: Escaping

    private static func escaped(_ text: String) -> String { escaped(Array(text.utf8)) }

    private static func escaped(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count * 3)
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                result.append(byte)
            default: result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

extension [UInt8] {
    /// The place of the first byte of a text that is not empty.
    func firstIndex(of text: String) -> Int? {
        let needle = Array(text.utf8)
        return withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return nil }
            var place = 0
            // By the C library's functions: tests are not optimized.
            while place + needle.count <= bytes.count,
                let found = memchr(start + place, Int32(needle[0]), bytes.count - needle.count + 1 - place)
            {
                place = UnsafeRawPointer(found) - start
                if memcmp(start + place, needle, needle.count) == 0 { return place }
                place += 1
            }
            return nil
        }
    }
}
