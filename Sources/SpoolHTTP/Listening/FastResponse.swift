internal import HTTPTypes
internal import NIOCore

/// A complete answer with status 200: a JSON text.
struct FastResponse {
    let body: ByteBuffer

    /// Its head, for connections that cannot take ``message``.
    var head: HTTPResponse {
        var fields = HTTPFields()
        for (name, value) in FastResponse.fields { fields.append(HTTPField(name: name, value: value)) }
        fields.append(HTTPField(name: .date, value: HTTPDate.now))
        fields.append(HTTPField(name: .contentLength, value: String(body.readableBytes)))
        return HTTPResponse(status: .ok, headerFields: fields)
    }

    /// The complete message of HTTP/1.1 (RFC 9112 §2.1).
    var message: ByteBuffer {
        var message = ByteBuffer()
        message.reserveCapacity(FastResponse.start.utf8.count + 80 + body.readableBytes)
        message.writeString(FastResponse.start)
        message.writeString(HTTPDate.now)
        message.writeStaticString("\r\nContent-Length: ")
        message.writeString(String(body.readableBytes))
        message.writeStaticString("\r\n\r\n")
        message.writeImmutableBuffer(body)
        return message
    }

    /// The header fields that are the same for all.
    private static let fields: [(HTTPField.Name, String)] =
        API.steadyFields.map { ($0.name, $0.value) } + [
            (.contentType, "application/json"), (.cacheControl, "no-store"),
        ]

    private static let start =
        "HTTP/1.1 200 OK\r\n" + fields.map { "\($0.rawName): \($1)\r\n" }.joined() + "Date: "
}
