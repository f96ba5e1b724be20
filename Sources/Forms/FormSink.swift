/// A receiver for the fields of a form while it is read.
///
/// A field is one `begin`, any number of `data` and one `end`, and fields do not overlap. An error thrown here ends the
/// form: the parser throws it on, and again at every later call.
public protocol FormSink: ~Copyable {
    /// A field begins. The name is decoded; only a multipart body can give a file name.
    mutating func begin(name: [UInt8], filename: [UInt8]?) throws(FormError)
    /// The next bytes of the field's value, never empty. They are valid during the call only.
    mutating func data(_ bytes: Span<UInt8>) throws(FormError)
    /// The field is complete.
    mutating func end() throws(FormError)
}
