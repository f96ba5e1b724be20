internal import Scheduling
internal import SpoolModel
internal import SpoolStore

extension JSONWriter {
    /// Writes a job as `list-jobs.json` shows it.
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

    /// The answer of `list-jobs.json`.
    static func list(_ jobs: [Job], in zone: TimeZoneRules) -> [UInt8] {
        var writer = JSONWriter(.line)
        writer.writeRaw("{\"status\": \"ok\", \"jobs\": [")
        for (index, job) in jobs.enumerated() {
            if index > 0 { writer.writeRaw(", ") }
            writer.write(job, in: zone)
        }
        writer.writeRaw("]}\n")
        return writer.bytes
    }
}
