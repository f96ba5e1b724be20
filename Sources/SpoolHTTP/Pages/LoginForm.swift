internal import HTTPTypes
internal import NIOCore
internal import SpoolModel

/// The page with the login form. It works without a script.
struct LoginForm {
    /// The error of the last attempt; nil on the first one.
    var message: String?
    /// The submitted name.
    var user = ""
    /// The query of the page that is shown after the login: `?page=jobs`, or empty.
    let target: String

    /// - Parameter target: the query as sent; dropped if it is too long or has characters that may need quoting.
    init(target: String, user: String = "", message: String? = nil) {
        let isPlain = target.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-._~%+&=?:/".utf8.contains(byte)
            }
        }
        self.target = target.hasPrefix("?") && target.utf8.count <= 2000 && isPlain ? target : ""
        self.user = user
        self.message = message
    }

    /// The page's text.
    ///
    /// - Parameter template: the file with its placeholders.
    func text(in template: ByteBuffer) -> ByteBuffer {
        let notice = message.map { "<p class=\"wrong\" role=\"alert\">\(LoginForm.escaped($0))</p>" } ?? ""
        let text = String(buffer: template)
            .replacing("{notice}", with: notice, maxReplacements: 1)
            .replacing("{target}", with: LoginForm.escaped(target), maxReplacements: 1)
            .replacing(user.isEmpty ? "{focus user}" : "{focus password}", with: "autofocus", maxReplacements: 1)
            .replacing("{focus user}", with: "", maxReplacements: 1)
            .replacing("{focus password}", with: "", maxReplacements: 1)
            .replacing("{user}", with: LoginForm.escaped(String(user.prefix(200))), maxReplacements: 1)
        return ByteBuffer(string: text)
    }

    private static func escaped(_ text: String) -> String {
        // A brace could be that of a placeholder in the template.
        text.escapedForHTML(["{": "&#123;"])
    }
}
