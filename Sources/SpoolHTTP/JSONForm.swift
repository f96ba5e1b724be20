internal import Forms
internal import SpoolModel

/// A JSON object in place of a form: each member is a field.
enum JSONForm {
    /// The media type (RFC 8259 §11).
    static let mediaType = "application/json"

    /// The fields of a JSON text.
    ///
    /// A string is the field's text; a number is its text as written. `payload`, which is JSON itself, may also be any
    /// other value. `arguments` and `settings` of a job may be objects, each of whose members is a field `arg.NAME` or
    /// `setting.NAME`, and its lists of words may be lists. Unknown members may have any value.
    static func fields(of bytes: [UInt8], to endpoint: Endpoint) throws(APIError) -> FormFields {
        let json: JSON
        do throws(JSONError) {
            json = try JSON(parsing: bytes)
        } catch {
            throw .badRequest("The body is not valid JSON: \(error)")
        }
        guard case .object(let members) = json else {
            throw .badRequest("The body is JSON, but no object: send the fields as in {\"name\": \"value\"}")
        }
        do throws(FormError) {
            var fields = FormFields(limit: .max)
            for member in members.flatMap({ flattened($0, to: endpoint) }) {
                try fields.begin(name: Array(member.name.utf8), filename: nil)
                guard prefixes(of: endpoint)[member.name] == nil else {
                    throw FormError(
                        .malformed,
                        "\"\(member.name)\" has to be an object of names and texts in the JSON, not "
                            + kind(of: member.value))
                }
                guard let text = endpoint.reads(member.name) ? text(of: member) : "" else {
                    throw FormError(
                        .malformed,
                        "\"\(member.name)\" has to be a string in the JSON, as a form has it, not \(kind(of: member.value))"
                    )
                }
                try fields.data(Array(text.utf8).span)
                fields.end()
            }
            return fields
        } catch {
            throw .badRequest(error.message)
        }
    }

    /// The fields of an object of arguments or settings; any other member as it is.
    private static func flattened(_ member: JSON.Member, to endpoint: Endpoint) -> [JSON.Member] {
        guard let prefix = prefixes(of: endpoint)[member.name], case .object(let entries) = member.value
        else { return [member] }
        return entries.map { JSON.Member(prefix + $0.name, $0.value) }
    }

    /// The members that are objects, and the beginnings of the fields that they stand for.
    private static func prefixes(of endpoint: Endpoint) -> [String: String] {
        switch endpoint {
        case .scheduleJob, .editSchedule: ["arguments": "arg.", "settings": "setting."]
        case .setVariables: ["variables": "var."]
        default: [:]
        }
    }

    private static func text(of member: JSON.Member) -> String? {
        switch member.value {
        // As Scrapy reads a setting from the command line.
        case .bool(let flag) where member.name.hasPrefix("arg.") || member.name.hasPrefix("setting."):
            flag ? "True" : "False"
        case .bool(let flag) where member.name == "force": flag ? "yes" : "no"
        case .array(let words) where ["tags", "fail-if", "retry-on", "remove"].contains(member.name):
            words.allSatisfy { $0.text != nil } ? words.compactMap(\.text).joined(separator: ",") : nil
        case .string(let text): text
        case .number(let text): text
        case _ where member.name == "payload": member.value.line
        default: nil
        }
    }

    private static func kind(of value: JSON) -> String {
        switch value {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
