package import SpoolModel

/// A text of metrics: OpenMetrics 1.0, or the text format 0.0.4 that Prometheus had before.
package struct MetricsText {
    /// The format, by what the client accepts.
    package enum Format {
        case openMetrics, prometheus

        /// OpenMetrics if the field Accept (RFC 9110 §12.5.1) names it, without regard to weights.
        package init(accept: String?) {
            self = accept?.lowercased().contains("application/openmetrics-text") == true ? .openMetrics : .prometheus
        }

        /// The field Content-Type.
        package var contentType: String {
            switch self {
            case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
            }
        }
    }

    /// The type of a family of samples. Its samples have names with the suffixes that the formats ask for.
    package enum Kind: String {
        case gauge, counter, histogram, info

        fileprivate var suffix: String {
            switch self {
            case .counter: "_total"
            case .info: "_info"
            case .gauge, .histogram: ""
            }
        }
    }

    /// The labels of a sample: names and values. Those with empty values are left out, which means the same.
    package typealias Labels = KeyValuePairs<String, String>

    private static let prefix = "scrapyspool_"

    private let format: Format
    private var text = ""
    private var name = ""

    /// No families yet.
    package init(_ format: Format) {
        self.format = format
    }

    /// The whole text. Nothing may be added after it.
    package var bytes: [UInt8] {
        Array((text + (format == .openMetrics ? "# EOF\n" : "")).utf8)
    }

    /// Begins a family. Its samples follow at once.
    ///
    /// - Parameters:
    ///   - name: the name without the program's prefix and without a suffix of its kind.
    ///   - help: one sentence.
    ///   - isOfProcess: whether the name is one of those that all programs have, without a prefix.
    package mutating func begin(_ name: String, _ kind: Kind, _ help: String, isOfProcess: Bool = false) {
        let family = (isOfProcess ? "" : MetricsText.prefix) + name
        self.name = family + kind.suffix
        // The older format has no suffixes of its own, and no infos.
        let shown = format == .openMetrics ? family : self.name
        let type = format == .prometheus && kind == .info ? Kind.gauge : kind
        // The older format takes a quotation mark in a help text as it is.
        let help = MetricsText.escaped(help, withQuotes: format == .openMetrics)
        text += "# HELP \(shown) \(help)\n# TYPE \(shown) \(type.rawValue)\n"
        if format == .openMetrics, let unit = ["seconds", "bytes"].first(where: { family.hasSuffix("_" + $0) }) {
            text += "# UNIT \(shown) \(unit)\n"
        }
    }

    /// Adds a sample with a whole number.
    package mutating func add(_ value: Int, _ labels: Labels = [:]) {
        add("", "\(value)", Array(labels))
    }

    /// Adds a sample with a time, in seconds since the epoch.
    package mutating func add(_ time: Timestamp, _ labels: Labels = [:]) {
        add("", MetricsText.seconds(time.microseconds), Array(labels))
    }

    /// Adds a sample with a number of microseconds, shown in seconds.
    package mutating func add(microseconds: Int64, _ labels: Labels = [:]) {
        add("", MetricsText.seconds(microseconds), Array(labels))
    }

    /// Adds the samples of a histogram.
    package mutating func add(_ histogram: Histogram, _ labels: Labels = [:]) {
        let labels = Array(labels)
        for (bound, count) in histogram.cumulative {
            add("_bucket", "\(count)", labels + [("le", "\(bound)")])
        }
        add("_bucket", "\(histogram.count)", labels + [("le", "+Inf")])
        add("_sum", "\(histogram.sum)", labels)
        add("_count", "\(histogram.count)", labels)
    }

    private mutating func add(_ suffix: String, _ value: String, _ labels: [(key: String, value: String)]) {
        let labels = labels.filter { !$0.value.isEmpty }.map { "\($0.key)=\"\(MetricsText.escaped($0.value))\"" }
        text += name + suffix + (labels.isEmpty ? "" : "{" + labels.joined(separator: ",") + "}") + " \(value)\n"
    }

    /// Seconds with six decimals.
    private static func seconds(_ microseconds: Int64) -> String {
        let fraction = String((microseconds.magnitude % 1_000_000) + 1_000_000).dropFirst()
        return (microseconds < 0 ? "-" : "") + "\(microseconds.magnitude / 1_000_000).\(fraction)"
    }

    /// Escapes a text for a help line or a label's value.
    private static func escaped(_ text: String, withQuotes: Bool = true) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
            case "\"" where withQuotes: result.append(contentsOf: "\\\"".unicodeScalars)
            case "\n": result.append(contentsOf: "\\n".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
