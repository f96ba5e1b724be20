// scrapy-spool-shim: supervises one job until the job ends, independently of the daemon.
//
// The engine starts it in the job's directory with the job's lock as descriptor 3. The API runs `scrapy list` under it.
// It is not meant to be started by hand.

internal import Glibc
internal import SpoolShim

exit(ShimProgram.run(CommandLine.arguments))
