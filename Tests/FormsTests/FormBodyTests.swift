import Forms
import Testing

@Test(
    "A body of another type is not read as a form",
    arguments: [
        "", "application/json", "text/plain; boundary=x", "multipart/mixed; boundary=x",
        "multipart/form-dataset; boundary=x",
        "application/x-www-form-urlencoded2", ";", "x-www-form-urlencoded",
    ])
func otherTypes(_ contentType: String) throws {
    #expect(try FormBody(contentType: contentType) == nil)
}

@Test(
    "The type is recognised in any case and with parameters",
    arguments: [
        ("application/x-www-form-urlencoded", "a=b"),
        ("Application/X-WWW-Form-URLEncoded ; charset=UTF-8", "a=b"),
        (" application/x-www-form-urlencoded;broken", "a=b"),
        (
            "MULTIPART/form-data; charset=UTF-8; boundary=\"b b\"",
            "--b b\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--b b--"
        ),
    ])
func types(_ contentType: String, _ body: String) {
    #expect(outcomes(latin1(body), contentType) == [Outcome(fields: [Field("a", "b")])])
}

@Test(
    "A multipart type without a usable boundary is malformed",
    arguments: [
        "multipart/form-data", "multipart/form-data;", "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"",
        "multipart/form-data; boundary=\"a \"", "multipart/form-data; boundary=é",
        "multipart/form-data; boundary=" + String(repeating: "a", count: 71),
    ])
func noBoundary(_ contentType: String) {
    let error = #expect(throws: FormError.self) { try FormBody(contentType: contentType) }
    #expect(error?.code == .malformed)
}
