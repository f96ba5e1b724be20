import Forms
import Testing

private struct DiskFull: Error {}

private let body = latin1("project=q&archive=%00%01%02&name=x&project=r")

@Test("One field is handed on and the others are kept, wherever the body is cut")
func collect() throws {
    for cut in 0...body.count {
        var received: [UInt8] = []
        var collector = FieldCollector(forwarding: "archive") { bytes in
            bytes.withUnsafeBufferPointer { received += $0 }
        }
        var parser = try #require(try FormBody(contentType: urlEncoded))
        try parser.consume(body.span.extracting(..<cut), into: &collector)
        try parser.consume(body.span.extracting(cut...), into: &collector)
        try parser.finish(into: &collector)
        #expect(received == [0, 1, 2])
        #expect(collector.forwardedBytes == 3)
        #expect(collector.isForwardComplete)
        #expect(try collector.fields.text("project") == "q")
        #expect(try collector.fields.text("name") == "x")
        #expect(collector.fields.first("archive") == nil)
    }
}

@Test("A second field of the name that is handed on is refused, wherever the body is cut")
func twoForwarded() throws {
    let body = latin1("archive=a&project=q&archive=a")
    for cut in 0...body.count {
        var received: [UInt8] = []
        var collector = FieldCollector(forwarding: "archive") { bytes in
            bytes.withUnsafeBufferPointer { received += $0 }
        }
        var parser = URLEncodedParser()
        let error = #expect(throws: FormError.self) {
            try parser.consume(body.span.extracting(..<cut), into: &collector)
            try parser.consume(body.span.extracting(cut...), into: &collector)
            try parser.finish(into: &collector)
        }
        #expect(error?.code == .malformed && error?.message.contains("\"archive\" came more than once") == true)
        #expect(received == latin1("a"))
    }
}

@Test("A field that is handed on can be told from one that has not come, when it is empty and when it is cut")
func forwarded() throws {
    func collect(_ body: String) throws -> FieldCollector {
        var collector = FieldCollector(forwarding: "archive") { _ in }
        var parser = URLEncodedParser()
        try parser.consume(latin1(body).span, into: &collector)
        return collector
    }
    #expect(try collect("a=b&archive").forwardedBytes == nil)
    #expect(try collect("archive=").forwardedBytes == 0)
    #expect(try collect("archive=abc").forwardedBytes == 3)
    #expect(try !collect("archive=abc").isForwardComplete)
    #expect(try collect("archive=abc&").isForwardComplete)
}

@Test("The limit is for the fields that are kept, not for the one that is handed on")
func collectorLimit() throws {
    var collector = FieldCollector(limit: 4, forwarding: "archive") { _ in }
    var parser = URLEncodedParser()
    try parser.consume(latin1("a=bcd&archive=0123456789&").span, into: &collector)
    let error = #expect(throws: FormError.self) { try parser.consume(latin1("b=").span, into: &collector) }
    #expect(error?.code == .tooLarge)
}

@Test("An error of the receiver ends the form and is kept as the cause")
func receiverError() throws {
    var calls = 0
    var collector = FieldCollector(forwarding: "archive") { _ in
        calls += 1
        throw DiskFull()
    }
    var parser = try #require(try FormBody(contentType: "multipart/form-data; boundary=b"))
    let part = latin1("--b\r\nContent-Disposition: form-data; name=archive\r\n\r\nx")
    let error = #expect(throws: FormError.self) { try parser.consume(part.span, into: &collector) }
    #expect(error?.code == .receiver)
    #expect(error?.cause is DiskFull)
    #expect(throws: FormError.self) { try parser.consume(latin1("y").span, into: &collector) }
    #expect(throws: FormError.self) { try parser.finish(into: &collector) }
    #expect(calls == 1)
}
