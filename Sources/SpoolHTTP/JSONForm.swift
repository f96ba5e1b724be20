internal import Forms
internal import SpoolModel

/// A JSON object in place of a form: each member is a field.
enum JSONForm {
    /// The media type (RFC 8259 §11).
    static let mediaType = "application/json"

    /// The fields of a JSON text.
    ///
    /// A string is the field's text; a number is its text as written. `payload`, which is JSON itself, may also be any
    /// other value. Unknown members may have any value.
    ///
    /// - Parameter known: the fields that the endpoint reads.
    static func fields(of bytes: [UInt8], known: [String]) throws(APIError) -> FormFields {
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
            for member in members {
                try fields.begin(name: Array(member.name.utf8), filename: nil)
                guard let text = known.contains(member.name) ? text(of: member) : "" else {
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

    private static func text(of member: JSON.Member) -> String? {
        switch member.value {
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
