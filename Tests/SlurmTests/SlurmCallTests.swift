import Slurm
import SpoolModel
import Testing

@Suite("Calls of Slurm's programs")
struct SlurmCallTests {
    private static let settings = SlurmSettings(
        sbatch: "/usr/bin/sbatch", squeue: "/usr/bin/squeue", scancel: "/usr/bin/scancel", partition: "", account: "",
        nice: 0, memory: 1 << 30, time: 0, options: [], slots: 0, lostAfter: 60, killWait: 30,
        environment: ["PATH=/usr/bin"])
    private static let script = SlurmScript(shim: "/shim", options: [], command: ["scrapy"], environment: [])

    private func arguments(_ change: (inout SlurmSettings) -> Void) -> [String] {
        var settings = Self.settings
        change(&settings)
        return SlurmCall.submission(of: "a1", script: Self.script, by: settings).arguments
    }

    @Test("A submission names the attempt, and leaves nothing to Slurm's defaults that would end it in silence")
    func submission() {
        let call = SlurmCall.submission(of: "a1", script: Self.script, by: Self.settings)
        #expect(call.program == "/usr/bin/sbatch" && call.environment == ["PATH=/usr/bin"])
        #expect(call.input == Self.script.text)
        #expect(
            call.arguments == [
                "--parsable", "--no-requeue", "--job-name=a1", "--export=ALL", "--ntasks=1", "--mem=1024M", "--chdir=/",
                "--output=/dev/null",
            ])
    }

    @Test("What is configured is an argument each, and options come last")
    func options() {
        let arguments = arguments {
            $0.partition = "crawl"
            $0.account = "web"
            $0.nice = -5
            $0.memory = (1 << 20) + 1
            $0.time = 61
            $0.options = ["--constraint=ssd", "--qos", "low; rm -rf /"]
        }
        #expect(arguments.contains("--mem=2M"))
        // Two minutes, rounded up, and what the shim takes to end the job itself.
        #expect(
            arguments.suffix(7) == [
                "--partition=crawl", "--account=web", "--nice=-5", "--time=5", "--constraint=ssd", "--qos",
                "low; rm -rf /",
            ])
    }

    @Test(
        "The limits of a job lower what Slurm gives it, with room for the shim",
        arguments: [
            ("time-limit", "1h", 7200, "--time=63", "--mem=1024M"),
            ("time-limit", "3h", 7200, "--time=123", "--mem=1024M"),
            ("time-limit", "off", 7200, "--time=123", "--mem=1024M"), ("time-limit", "1h", 0, nil, "--mem=1024M"),
            ("memory-limit", "400M", 0, nil, "--mem=564M"), ("memory-limit", "1000M", 0, nil, "--mem=1024M"),
            ("memory-limit", "8G", 0, nil, "--mem=1024M"), ("memory-limit", "off", 0, nil, "--mem=1024M"),
        ])
    func lowered(name: String, text: String, time: Int, expected: String?, memory: String) throws {
        var options = JobOptions()
        #expect(try options.set(name, to: text))
        let arguments = arguments {
            $0.time = time
            $0 = $0.lowered(by: options.limits)
        }
        #expect(arguments.first { $0.hasPrefix("--time=") } == expected)
        #expect(arguments.contains(memory), "\(arguments)")
    }

    @Test("Jobs are listed and ended by their names, never by numbers")
    func names() {
        #expect(SlurmCall.list(by: Self.settings).arguments == ["--noheader", "--me", "--format=%j %T"])
        #expect(SlurmCall.cancel("a1", by: Self.settings).arguments == ["--quiet", "--me", "--name=a1"])
    }

    @Test("Nothing in a script means anything to the shell but what the node knows")
    func script() {
        let script = SlurmScript(
            shim: "/opt/it's/shim", options: ["--job", "j"], command: ["scrapy", "crawl", "a $(b) `c` \"d\"\ne"],
            environment: ["A=1 2"])
        #expect(
            script.text == """
                #!/bin/sh
                exec /usr/bin/env -i 'A=1 2' '/opt/it'\\''s/shim' '--job' 'j' --node "$SLURMD_NODENAME" \
                --slurm-job "$SLURM_JOB_ID" -- 'scrapy' 'crawl' 'a $(b) `c` "d"
                e'

                """)
    }
}
