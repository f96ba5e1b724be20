// scrapy-spool-shim: in charge of one job for as long as it lives, whatever becomes of the daemon.
//
// The engine starts it in the job's directory with the job's lock as descriptor 3. The API runs `scrapy list` under it.
// It is no program for people.

internal import Glibc
internal import LinuxSystem

guard let assignment = Assignment(CommandLine.arguments.dropFirst()) else {
    _ = Assignment.usage.utf8.withContiguousStorageIfAvailable { write(2, $0.baseAddress, $0.count) }
    exit(64)
}
if let fileLimit = assignment.fileLimit { Machine.setFileLimit(fileLimit) }
if let limit = assignment.guardLimit { exit(Guard.run(assignment, limit: limit)) }
exit(Shim.run(assignment))
