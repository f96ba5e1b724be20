/// Reads pickles of Python (protocols 0 to 5, documented in its module `pickletools`) that contain only data.
///
/// A pickle is a program for a stack machine with a memory, and Python's reader calls any function that it names. This
/// reader rejects all instructions that call, import or build something. It reads classes as names, and accepts only
/// those that the caller lists; their objects become inert records.
///
/// Any input results in a value or an error, in time and memory proportional to its length.
public struct PickleReader {
    private let allowed: Set<String>
    var bytes: PickleBytes
    var values: [Pickle.Value] = []
    var stack: [Pickle.Reference] = []
    /// The heights of the stack at its marks.
    private var marks: [Int] = []
    private var memo: [Int: Pickle.Reference] = [:]

    private init(_ content: [UInt8], allowed: Set<String>) {
        bytes = PickleBytes(content)
        self.allowed = allowed
    }

    /// Reads one pickle and ignores the bytes after its end.
    ///
    /// - Parameter types: the accepted classes, as `module.name`.
    public static func read(_ content: [UInt8], types: Set<String> = []) throws(PickleError) -> Pickle {
        var reader = PickleReader(content, allowed: types)
        while true {
            reader.bytes.beginInstruction()
            let opcode = try reader.bytes.byte()
            if opcode == UInt8(ascii: ".") { break }
            if try reader.readScalar(opcode) { continue }
            if try reader.readContainer(opcode) { continue }
            guard try reader.readMachine(opcode) else { throw reader.refusal(of: opcode) }
        }
        return Pickle(root: try reader.pop(), of: reader.values)
    }

    // MARK: The stack

    mutating func push(_ value: Pickle.Value) {
        stack.append(values.count)
        values.append(value)
    }

    mutating func pop() throws(PickleError) -> Pickle.Reference {
        guard stack.count > (marks.last ?? 0) else { throw bytes.error("it takes more from its stack than there is") }
        return stack.removeLast()
    }

    /// Pops the values above the last mark, and the mark.
    mutating func popToMark() throws(PickleError) -> [Pickle.Reference] {
        guard let mark = marks.popLast() else { throw bytes.error("it uses a mark that it has not set") }
        let taken = Array(stack[mark...])
        stack.removeSubrange(mark...)
        return taken
    }

    private func top() throws(PickleError) -> Pickle.Reference {
        guard stack.count > (marks.last ?? 0), let top = stack.last else {
            throw bytes.error("it looks at an empty stack")
        }
        return top
    }

    /// Changes the container on top of the stack in place. It is swapped out of the array, so that it is never copied.
    mutating func changeTop(_ change: (inout Pickle.Value) -> Bool) throws(PickleError) {
        let reference = try top()
        var value = Pickle.Value.none
        swap(&value, &values[reference])
        let isChanged = change(&value)
        swap(&value, &values[reference])
        guard isChanged else { throw bytes.error("it adds to something that takes nothing of the kind") }
    }

    // MARK: Instructions of the machine itself

    private mutating func readMachine(_ opcode: UInt8) throws(PickleError) -> Bool {
        switch opcode {
        case 0x80:  // PROTO
            let version = try bytes.byte()
            guard version <= 5 else { throw bytes.error("it is of protocol \(version), which is not known here") }
        case 0x95: try bytes.checkFrame()  // FRAME
        case UInt8(ascii: "("): marks.append(stack.count)
        case UInt8(ascii: "0"): if stack.count > (marks.last ?? 0) { stack.removeLast() } else { _ = try popToMark() }
        case UInt8(ascii: "1"): _ = try popToMark()
        case UInt8(ascii: "2"): stack.append(try top())
        case UInt8(ascii: "p"): try remember(bytes.decimalIndex())
        case UInt8(ascii: "q"): try remember(Int(bytes.byte()))
        case UInt8(ascii: "r"): try remember(bytes.littleEndian(4))
        case 0x94: try remember(memo.count)  // MEMOIZE
        case UInt8(ascii: "g"): try recall(bytes.decimalIndex())
        case UInt8(ascii: "h"): try recall(Int(bytes.byte()))
        case UInt8(ascii: "j"): try recall(bytes.littleEndian(4))
        case UInt8(ascii: "c"): try name(module: bytes.line(), bytes.line())
        case 0x93: try nameFromStack()  // STACK_GLOBAL
        case 0x81: try makeRecord()  // NEWOBJ
        default: return false
        }
        return true
    }

    private mutating func remember(_ index: Int) throws(PickleError) {
        memo[index] = try top()
    }

    private mutating func recall(_ index: Int) throws(PickleError) {
        guard let reference = memo[index] else { throw bytes.error("it recalls a value that it has not stored") }
        stack.append(reference)
    }

    // MARK: Classes

    private mutating func name(module: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) throws(PickleError) {
        try self.name(String(decoding: module, as: UTF8.self) + "." + String(decoding: name, as: UTF8.self))
    }

    private mutating func nameFromStack() throws(PickleError) {
        let name = values[try pop()]
        guard case .text(let module) = values[try pop()], case .text(let name) = name else {
            throw bytes.error("it names a class with something that is no text")
        }
        try self.name(module + "." + name)
    }

    private mutating func name(_ type: String) throws(PickleError) {
        guard allowed.contains(type) else {
            throw bytes.error("it wants to load `\(type.prefix(100))`, and nothing is loaded here")
        }
        push(.type(type))
    }

    private mutating func makeRecord() throws(PickleError) {
        let arguments = values[try pop()]
        guard case .type(let type) = values[try pop()], case .tuple(let arguments) = arguments else {
            throw bytes.error("it makes an object of something that is no class")
        }
        push(.record(type: type, arguments: arguments))
    }

    private func refusal(of opcode: UInt8) -> PickleError {
        // REDUCE, BUILD, INST, OBJ, NEWOBJ_EX; PERSID, BINPERSID, EXT1 to EXT4; buffers beside the pickle.
        let known: [UInt8] = [0x52, 0x62, 0x69, 0x6f, 0x92, 0x50, 0x51, 0x82, 0x83, 0x84, 0x97, 0x98]
        let code = String(opcode, radix: 16)
        return bytes.error(
            known.contains(opcode)
                ? "it wants to run code or load something (instruction 0x\(code)), which is not done here"
                : "there is no instruction 0x\(code)")
    }
}
