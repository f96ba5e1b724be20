// scrapy-spool-shim: in charge of one job for as long as it lives, whatever becomes of the daemon.
//
// The engine starts it in the job's directory with the job's lock as descriptor 3. The API runs `scrapy list` under it.
// It is no program for people.

internal import Glibc
internal import SpoolShim

exit(ShimProgram.run(CommandLine.arguments.dropFirst()))
