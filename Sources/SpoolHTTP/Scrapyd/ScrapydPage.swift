internal import HTTPTypes
internal import NIOCore
internal import SpoolModel

/// The HTML of scrapyd's pages. Nothing in it runs scripts.
enum ScrapydPage {
    private static let policy =
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

    /// The header fields of a page.
    static var fields: HTTPFields {
        [
            .contentType: "text/html; charset=utf-8", .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
            .contentSecurityPolicy: policy,
        ]
    }

    /// A page.
    static func html(
        _ text: String, _ status: HTTPResponse.Status = .ok, _ fields: HTTPFields = [:]
    ) -> APIResponse {
        var all = ScrapydPage.fields
        all.append(contentsOf: fields)
        return .document(Document(status, all, ByteBuffer(string: text)))
    }

    /// A page with a title, and its content.
    static func page(_ title: String, _ content: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(escaped(title))</title>
            <style>
                body { margin: 2rem; font: 1rem/1.5 sans-serif; }
                th, td { padding-right: 1.5rem; text-align: left; }
            </style>
        </head>
        <body>
        \(content)
        </body>
        </html>

        """
    }

    /// A page with the reason why there is no other.
    static func message(_ status: HTTPResponse.Status, _ sentence: String) -> APIResponse {
        let title = "\(status.code) - \(status.reasonPhrase)"
        return html(page(title, "    <h1>\(escaped(title))</h1>\n    <p>\(escaped(sentence))</p>"), status)
    }

    /// The answer for a resource that does not exist.
    static let notFound = message(.notFound, "No such resource")

    /// A request without the login.
    static let unauthorized: APIResponse = .document(
        Document(
            .unauthorized,
            [.wwwAuthenticate: "basic realm=\"Scrapyd\"", .contentType: "text/html", .cacheControl: "no-store"],
            ByteBuffer(string: "Unauthorized")))

    /// Where a directory is.
    static func redirection(to path: String) -> APIResponse {
        html(page("302 - Found", "    <p><a href=\"\(escaped(path))\">Moved</a></p>"), .found, [.location: path])
    }

    /// A text in HTML, on one line.
    static func escaped(_ text: String) -> String {
        text.escapedForHTML(["\n": " ", "\r": " "])
    }

    /// A component of a path, percent-encoded but for letters, digits and `_.-~` (RFC 3986 §2.3).
    static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }
}
