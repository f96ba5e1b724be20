// The shim once more, with the C library linked dynamically, so that tools/torture can put faults in between.

internal import Glibc
internal import SpoolShim

exit(ShimProgram.run(CommandLine.arguments))
