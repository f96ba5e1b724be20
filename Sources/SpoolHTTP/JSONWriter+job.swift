internal import Scheduling
internal import SpoolModel
internal import SpoolStore

extension JSONWriter {
    /// Writes a job in the format of `list-jobs.json`.
    mutating func write(_ job: Job, in zone: TimeZoneRules) {
        writeRaw("{\"identifier\": ")
        writeString(job.id.description)
        writeRaw(", \"status\": ")
        writeString(job.status.state.rawValue)
        writeRaw(", \"actor\": ")
        writeString(job.metadata.actor.rawValue)
        writeRaw(", \"schedule\": ")
        writeString(job.metadata.schedule)
        writeRaw(", \"project\": ")
        writeString(job.metadata.project.description)
        writeRaw(", \"spider\": ")
        writeString(job.metadata.spider.description)
        writeRaw(", \"description\": ")
        writeString(job.metadata.description)
        writeRaw(", \"timestamp\": ")
        writeString(zone.civil(at: job.status[.at] ?? job.metadata.created).text)
        writeRaw(", \"duration\": ")
        write(job.status.state.isFinal ? job.status.duration.map { .number($0) } ?? .null : .null)
        writeRaw(", \"payload\": ")
        writeString(job.metadata.payload)
        writeRaw("}")
    }

    /// A job in the format of `list-jobs.json`.
    static func record(of job: Job, in zone: TimeZoneRules) -> [UInt8] {
        var writer = JSONWriter(.line)
        writer.write(job, in: zone)
        return writer.bytes
    }
}
