internal import SpoolModel

/// The settings module that a `scrapy.cfg` names: `default` in section `[settings]`, written on one line without interpolation, as
/// it is nearly always.
package struct SettingsModule: Hashable {
    /// The name.
    package let name: String

    /// Reads the file; nil if it has another form.
    package init?(in bytes: [UInt8]) {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 9 }
        var isInSection = false
        for line in bytes.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
            if line.first == UInt8(ascii: "[") {
                isInSection = line.starts(with: "[settings]".utf8)
                continue
            }
            guard isInSection,
                let equals = line.firstIndex(where: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") }),
                line[..<equals].trimmed(where: isBlank).elementsEqual("default".utf8)
            else { continue }
            let value = line[line.index(after: equals)...].trimmed(where: isBlank)
            guard !value.isEmpty, value.allSatisfy({ $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "%") }),
                let text = String(validating: value, as: UTF8.self)
            else { return nil }
            name = text
            return
        }
        return nil
    }
}
