import Glibc
import SpoolClient
import Testing

@Suite("The client's settings")
struct ClientSettingsTests {
    private func settings(_ change: (inout ClientSettings) -> Void) -> ClientSettings {
        var settings = ClientSettings()
        change(&settings)
        return settings
    }

    @Test("Flags win over the environment, and the environment over the file")
    func order() {
        let flags = settings { $0.url = "http://flag" }
        let environment = ClientSettings.environment([
            "SCRAPY_SPOOL_URL=http://environment", "SCRAPY_SPOOL_USERNAME=eve", "SCRAPY_SPOOL_PASSWORD=a=b",
            "SCRAPY_SPOOL_TOKEN=", "OTHER", "=",
        ])
        let file = settings {
            ($0.url, $0.username, $0.printFormat, $0.verifiesCertificate) = ("http://file", "fritz", "grid", false)
        }
        let merged = ClientSettings.merged([flags, environment, file])
        #expect(merged.url == "http://flag")
        #expect(merged.username == "eve")
        #expect(merged.password == "a=b")
        #expect(merged.token == nil)
        #expect(merged.printFormat == "grid")
        #expect(merged.verifiesCertificate == false)
    }

    @Test("A password counts for its own user only")
    func passwords() {
        let file = settings { ($0.username, $0.password) = ("fritz", "secret") }
        let other = settings { $0.username = "eve" }
        #expect(ClientSettings.merged([other, file]).password == nil)
        let same = settings { $0.username = "fritz" }
        #expect(ClientSettings.merged([same, file]).password == "secret")
        let alone = settings { $0.password = "variable" }
        #expect(ClientSettings.merged([same, alone, file]).password == "variable")
    }

    @Test("Of a token and a user the stronger source counts")
    func tokens() {
        let token = settings { $0.token = "t" }
        let user = settings { ($0.username, $0.password) = ("u", "p") }
        #expect(ClientSettings.merged([token, user]).username == nil)
        #expect(ClientSettings.merged([token, user]).token == "t")
        #expect(ClientSettings.merged([user, token]).token == nil)
        #expect(ClientSettings.merged([user, token]).password == "p")
    }

    @Test("The own file is read, and a mistake in it is named by its line")
    func ownFile() throws {
        let text = """
            # comment
            [scrapy-spool]
            url = https://example.org
            username: fritz
            password = 100%%
            verify-ssl = no
            ca-file = /etc/ca.pem
            """
        let settings = try ClientSettings(own: text, path: "file")
        #expect(settings.url == "https://example.org")
        #expect(settings.username == "fritz")
        #expect(settings.password == "100%")
        #expect(settings.verifiesCertificate == false)
        #expect(settings.authorityFile == "/etc/ca.pem")
        for (text, message) in [
            ("[scrapy-spool]\n\nurk = x", "file: line 3: there is no key urk"),
            ("[scrapy-do]\nurl = x", "file: line 1: there is no section [scrapy-do]"),
            ("[scrapy-spool]\nverify-ssl = perhaps", "file: line 2: verify-ssl is perhaps"),
            ("url = x", "file: line 1:"),
        ] {
            let error = #expect(throws: ClientError.self) { try ClientSettings(own: text, path: "file") }
            #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
        }
    }

    @Test("The file of scrapy-do's client is read, and what else is in it is passed over")
    func scrapyDoFile() throws {
        let text =
            "[scrapy-do]\nurl = http://h\nusername = u\npassword = p\nprint-format = grid\nother = 1\n[more]\na = b\n"
        let settings = try ClientSettings(scrapyDo: text, path: "file")
        #expect(settings.url == "http://h")
        #expect(settings.username == "u")
        #expect(settings.password == "p")
        #expect(settings.printFormat == "grid")
        #expect(try ClientSettings(scrapyDo: "", path: "file") == ClientSettings())
    }

    @Test("The own file hides scrapy-do's, and nobody else may read it")
    func files() throws {
        let home = TemporaryFolder()
        #expect(try ClientSettings.files(inHome: home.path) == ClientSettings())
        home.write("[scrapy-do]\nurl = http://theirs\npassword = p\n", to: ".scrapy-do.cfg")
        #expect(try ClientSettings.files(inHome: home.path).url == "http://theirs")
        home.write("[scrapy-spool]\nurl = http://ours\n", to: ".scrapy-spool.cfg")
        let error = #expect(throws: ClientError.self) { try ClientSettings.files(inHome: home.path) }
        #expect(error?.message.contains("chmod 600") == true)
        chmod("\(home.path)/.scrapy-spool.cfg", 0o600)
        let settings = try ClientSettings.files(inHome: home.path)
        #expect(settings.url == "http://ours")
        #expect(settings.password == nil)
    }
}
