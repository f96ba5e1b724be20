import Testing

/// What tools/fuzz looks for, by the name of its target.
private let properties: [(name: String, flaw: @Sendable ([UInt8]) -> String?)] = [
    ("archive", ArchiveProperty.flaw), ("header", HeaderProperty.flaw), ("history", HistoryProperty.flaw),
    ("ini", INIProperty.flaw), ("json", JSONProperty.flaw), ("multipart", MultipartProperty.flaw),
    ("spec", SpecProperty.flaw), ("status", StatusProperty.flaw), ("urlencoded", URLEncodedProperty.flaw),
]

@Test("What fuzzing begins with and what it found is read as it should be", arguments: properties.map(\.name))
func replay(name: String) throws {
    let property = try #require(properties.first { $0.name == name })
    let inputs = Corpus.inputs(of: name)
    #expect(!inputs.isEmpty)
    for input in inputs {
        #expect(property.flaw(Corpus.bytes(of: input)) == nil, "Tests/Fixtures/fuzz/\(input)")
    }
}
