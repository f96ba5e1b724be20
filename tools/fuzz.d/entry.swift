import Glibc

/// What libFuzzer calls with each input. `Property` is the one of the target; tools/fuzz names it.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let flaw = Property.flaw(Array(UnsafeBufferPointer(start: start, count: count))) else { return 0 }
    let line = "\nFLAW \(flaw)\n"
    _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    abort()
}
