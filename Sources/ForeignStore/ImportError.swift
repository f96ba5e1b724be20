public import SpoolStore

/// Why an import cannot begin or continue. Everything imported before the error is in the spool, and the next import
/// continues from there.
public struct ImportError: Error, Sendable, CustomStringConvertible {
    /// A sentence with the cause and the remedy.
    public let description: String

    /// An error with its sentence.
    public init(_ description: String) {
        self.description = description
    }

    /// Wraps an error of the spool.
    public init(_ error: SpoolError) {
        self.init(error.description)
    }

    /// An error of a store's database.
    ///
    /// - Parameter program: the program that the store belongs to.
    public init(_ error: SQLiteError, path: String, of program: String) {
        if error.isBusy {
            self.init("\(path) is locked: stop \(program) first")
        } else if error.needsRecovery {
            self.init(
                "\(path) was left in the middle of a change: start \(program) once more and stop it, which puts it "
                    + "right")
        } else {
            self.init("\(path) cannot be read: \(error.message)")
        }
    }
}
