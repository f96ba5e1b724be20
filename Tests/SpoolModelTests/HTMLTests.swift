import SpoolModel
import Testing

@Suite("Texts in HTML")
struct HTMLTests {
    @Test(
        "What has a meaning in HTML is escaped, also with a mark on it",
        arguments: [
            ("", ""), ("plain ąę 😀", "plain ąę 😀"),
            ("<a href=\"x\">'&'</a>", "&lt;a href=&quot;x&quot;&gt;&#x27;&amp;&#x27;&lt;/a&gt;"),
            ("&amp;", "&amp;amp;"), ("\"\u{301}", "&quot;\u{301}"), ("<\u{338}", "&lt;\u{338}"),
            ("&\u{20dd}", "&amp;\u{20dd}"),
            ("a\r\nb", "a||b"), ("{x}", "{x}"),
        ])
    func escapes(text: String, html: String) {
        #expect(text.escapedForHTML(["\n": "|", "\r": "|"]).unicodeScalars.elementsEqual(html.unicodeScalars))
    }
}
