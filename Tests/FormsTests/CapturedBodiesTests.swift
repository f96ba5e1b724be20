import Forms
import Testing

/// Bodies as clients sent them to a socket: curl 7.88.1, and Python requests 2.34.2, which scrapy-do-cl uses.
struct CapturedBody: CustomTestStringConvertible, Sendable {
    let client: String
    let contentType: String
    let body: [UInt8]
    let fields: [Field]

    var testDescription: String { client }

    static let archive = "PK\u{3}\u{4}\r\n--\r\n\0\u{FF}"

    static let all = [
        CapturedBody(
            client: "curl -F archive=@a.zip",
            contentType: "multipart/form-data; boundary=------------------------5e15930d18c11b87",
            body: latin1(
                "--------------------------5e15930d18c11b87\r\n"
                    + "Content-Disposition: form-data; name=\"archive\"; filename=\"a.zip\"\r\n"
                    + "Content-Type: application/octet-stream\r\n\r\n\(archive)\r\n"
                    + "--------------------------5e15930d18c11b87--\r\n"),
            fields: [Field("archive", archive, filename: "a.zip")]),
        CapturedBody(
            client: "curl -F project=... -F spider=... -F when=... -F payload=... -F empty=",
            contentType: "multipart/form-data; boundary=------------------------2e4473f071b5558f",
            body: latin1(
                "--------------------------2e4473f071b5558f\r\nContent-Disposition: form-data; name=\"project\"\r\n\r\n"
                    + "quotesbot\r\n--------------------------2e4473f071b5558f\r\n"
                    + "Content-Disposition: form-data; name=\"spider\"\r\n\r\ntoscrape-css\r\n"
                    + "--------------------------2e4473f071b5558f\r\nContent-Disposition: form-data; name=\"when\"\r\n\r\n"
                    + "every 10 minutes\r\n--------------------------2e4473f071b5558f\r\n"
                    + "Content-Disposition: form-data; name=\"payload\"\r\n\r\n{\"a\": \"\u{C3}\u{A9}\"}\r\n"
                    + "--------------------------2e4473f071b5558f\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n"
                    + "\r\n--------------------------2e4473f071b5558f--\r\n"),
            fields: [
                Field("project", "quotesbot"), Field("spider", "toscrape-css"), Field("when", "every 10 minutes"),
                Field("payload", "{\"a\": \"\u{C3}\u{A9}\"}"), Field("empty", ""),
            ]),
        CapturedBody(
            client: "curl -F with a quote and a backslash in the file's name, and a quote in the field's",
            contentType: "multipart/form-data; boundary=------------------------b341d411bed3a80d",
            body: latin1(
                "--------------------------b341d411bed3a80d\r\n"
                    + "Content-Disposition: form-data; name=\"archive\"; filename=\"q%22u\\o.zip\"\r\n"
                    + "Content-Type: application/octet-stream\r\n\r\n\(archive)\r\n"
                    + "--------------------------b341d411bed3a80d\r\nContent-Disposition: form-data; name=\"na%22me\"\r\n\r\n"
                    + "x\r\n--------------------------b341d411bed3a80d--\r\n"),
            fields: [Field("archive", archive, filename: "q\"u\\o.zip"), Field("na\"me", "x")]),
        CapturedBody(
            client: "curl -d ... --data-urlencode ...",
            contentType: "application/x-www-form-urlencoded",
            body: latin1("project=q&spider=s&when=every+5+minutes+%26+%C3%A9%3B"),
            fields: [
                Field("project", "q"), Field("spider", "s"), Field("when", "every 5 minutes & \u{C3}\u{A9};"),
            ]),
        CapturedBody(
            client: "requests.post(data={'archive': bytes})",
            contentType: "application/x-www-form-urlencoded",
            body: latin1("archive=PK%03%04%0D%0A--%0D%0A%00%FF"),
            fields: [Field("archive", archive)]),
        CapturedBody(
            client: "requests.post(data={text})",
            contentType: "application/x-www-form-urlencoded",
            body: latin1(
                "project=q&spider=s&when=every+2+minutes&payload=%7B%22a%22%3A+%5B1%2C+2%5D%7D&description=%C3%A4+%2B+b"
            ),
            fields: [
                Field("project", "q"), Field("spider", "s"), Field("when", "every 2 minutes"),
                Field("payload", "{\"a\": [1, 2]}"), Field("description", "\u{C3}\u{A4} + b"),
            ]),
        CapturedBody(
            client: "requests.post(files=..., data=...)",
            contentType: "multipart/form-data; boundary=a40f419f317a59d9a396ee38e393b980",
            body: latin1(
                "--a40f419f317a59d9a396ee38e393b980\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\n"
                    + "\u{C3}\u{A4}\"b\r\n--a40f419f317a59d9a396ee38e393b980\r\n"
                    + "Content-Disposition: form-data; name=\"archive\"; filename=\"a.zip\"\r\n\r\n\(archive)\r\n"
                    + "--a40f419f317a59d9a396ee38e393b980--\r\n"),
            fields: [Field("name", "\u{C3}\u{A4}\"b"), Field("archive", archive, filename: "a.zip")]),
        CapturedBody(
            client: "requests.post(files=...) with a quote and a line end in the file's name",
            contentType: "multipart/form-data; boundary=ec29b1af24527145788de8ff97e7f13d",
            body: latin1(
                "--ec29b1af24527145788de8ff97e7f13d\r\n"
                    + "Content-Disposition: form-data; name=\"archive\"; filename=\"\u{C3}\u{BC}%22%0D%0A.zip\"\r\n"
                    + "Content-Type: application/zip\r\n\r\n\(archive)\r\n--ec29b1af24527145788de8ff97e7f13d--\r\n"),
            fields: [Field("archive", archive, filename: "\u{C3}\u{BC}\"\r\n.zip")]),
    ]
}

@Test("A body that a real client sent is read, wherever it is cut", arguments: CapturedBody.all)
func capturedBody(_ captured: CapturedBody) {
    #expect(outcomes(captured.body, captured.contentType) == [Outcome(fields: captured.fields)])
}

@Test("What curl sends for encoder=base64 is refused as unsupported")
func captureEncoded() {
    let body = latin1(
        "--------------------------983aa45215ecfec6\r\nContent-Disposition: form-data; name=\"a\"\r\n"
            + "Content-Transfer-Encoding: base64\r\n\r\neA==\r\n--------------------------983aa45215ecfec6--\r\n")
    let type = "multipart/form-data; boundary=------------------------983aa45215ecfec6"
    #expect(outcomes(body, type) == [Outcome(fields: [], error: .unsupported)])
}
