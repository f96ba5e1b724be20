import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("The configuration of hooks", .fewAtATime)
struct HookConfigurationTests {
    @Test(
        "A wrong configuration of a hook is refused with what to do",
        arguments: [
            ("[hook x]\n", "has no `url`"), ("[hook]\nurl = https://x.org/\n", "has no name that a hook can have"),
            ("[hook X]\nurl = https://x.org/\n", "as in [hook chat]"),
            ("[hook on-end]\nurl = https://x.org/\n", "no name"),
            ("[hook x]\nurl = ftp://x.org/\n", "begins with https://"),
            ("[hook x]\nurl = https:///x\n", "needs a host"),
            ("[hook x]\nurl = https://u:p@x.org/\n", "no user and password"),
            ("[hook x]\nurl = https://x.org:99999/\n", "a port from 1 to 65535"),
            ("[hook x]\nurl = https://x.org/#a\n", "no fragment"),
            ("[hook x]\nurl = https://x.org/a b\n", "printable ASCII"),
            ("[hook x]\nurl = http://x.org/\n", "write `insecure-http = on`"),
            ("[hook x]\nurl = https://x.org/\nevent = failed\n", "did you mean `events`?"),
            ("[hook x]\nurl = https://x.org/\nevents = lost\n", "none of successful, failed, canceled and retrying"),
            ("[hook x]\nurl = https://x.org/\nevents =\n", "an event is missing"),
            ("[hook x]\nurl = https://x.org/\nbody = xml\n", "none of standard, text and slack"),
            ("[hook x]\nurl = https://x.org/\ngive-up-after = 3\n", "has no unit"),
            ("[hook x]\nurl = https://x.org/\nsecret-file = /no/such/file\n", "/no/such/file: "),
            ("[scrapy-do]\non-failure = 'x\n", "a quotation mark is not closed"),
            ("[scrapy-do]\non-failure = no-such-program x\n", "there is no program no-such-program"),
            ("[scrapy-do]\nhook-timeout = 0\n", "from 1 to 86400"),
        ])
    func refused(configuration: String, message: String) async throws {
        try await Folder.with { folder in
            try File.write(configuration, to: "\(folder.path)/spool.conf")
            let child = try folder.start([
                try Place.server(), "serve", "--check-config", "--config", "\(folder.path)/spool.conf", "--scrapy",
                Place.scrapy, "--spool", "\(folder.path)/spool",
            ])
            #expect(try await child.wait().exit == 78)
            #expect(child.said.contains(message) && child.said.contains("spool.conf:"), "\(child.said)")
        }
    }

    @Test(
        "What a refusal of a hook's configuration advises is taken",
        arguments: [
            "[hook chat]\nurl = https://x.org/\nevents = failed\ngive-up-after = 3d\n",
            "[hook x]\nurl = http://x.org/\ninsecure-http = on\nevents = successful failed canceled retrying\n",
            "[hook x]\nurl = https://x.org/\ngive-up-after = 12h\n", "[scrapy-do]\non-failure = /bin/true\n",
        ])
    func advised(configuration: String) async throws {
        try await Folder.with { folder in
            try File.write(configuration, to: "\(folder.path)/spool.conf")
            let child = try folder.start([
                try Place.server(), "serve", "--check-config", "--config", "\(folder.path)/spool.conf", "--scrapy",
                Place.scrapy, "--spool", "\(folder.path)/spool",
            ])
            #expect(try await child.wait().exit == 0, "\(child.said)")
        }
    }

    @Test(
        "A secret that others can read, or that is none, is refused",
        arguments: [
            (0o644, Receiver.secret, "chmod 600"), (0o640, Receiver.secret, "chmod 600"), (0o600, "secret", "whsec_"),
            (0o600, "", "no secret"),
        ]
            as [(mode_t, String, String)])
    func secrets(mode: mode_t, text: String, message: String) async throws {
        try await Folder.with { folder in
            let path = "\(folder.path)/hook.secret"
            try File.write(text, to: path)
            chmod(path, mode)
            try File.write("[hook x]\nurl = https://x.org/\nsecret-file = \(path)\n", to: "\(folder.path)/spool.conf")
            let words = [
                try Place.server(), "serve", "--check-config", "--config", "\(folder.path)/spool.conf", "--scrapy",
                Place.scrapy, "--spool", "\(folder.path)/spool",
            ]
            let child = try folder.start(words)
            #expect(try await child.wait().exit == 78)
            #expect(child.said.contains(message), "\(child.said)")
            // The way out that the message names works.
            try await folder.shell("(printf whsec_; head -c 32 /dev/urandom | base64) > \(path) && chmod 600 \(path)")
            let good = try folder.start(words)
            #expect(try await good.wait().exit == 0, "\(good.said)")
            #expect(good.said.contains("hook-x-url") && !good.said.contains("whsec_"))
        }
    }
}
