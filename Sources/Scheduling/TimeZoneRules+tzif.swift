extension TimeZoneRules {
    /// The rules of a compiled time zone file, as in `/usr/share/zoneinfo` (RFC 9636, versions 1 to 4).
    ///
    /// Files with leap seconds (`right/…`) are rejected, since this program's instants do not count them.
    public init(name: String, tzif: [UInt8]) throws(TimeZoneError) {
        do throws(TZifReader.Flaw) {
            var reader = TZifReader(tzif)
            self = try reader.rules(name: name)
        } catch {
            throw TimeZoneError("the time zone file of \(name.forMessage) \(error.reason)")
        }
    }
}
