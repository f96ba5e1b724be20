import SpoolHooks
import Testing

@Suite("Signatures of webhooks")
struct HookSecretTests {
    @Test("A signature is that of the libraries of Standard Webhooks")
    func signature() throws {
        // The example of the specification's own libraries.
        let secret = try #require(HookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let signature = HookSecret.signature(
            "msg_p5jXN8AQM9LWM0D4loKWxJek", at: 1_614_265_330, Array(#"{"test": 2432232314}"#.utf8), by: [secret])
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        let both = HookSecret.signature("id", at: 1, [], by: [secret, secret])
        #expect(both.split(separator: " ").count == 2)
    }

    @Test(
        "Only whsec_ with 24 to 64 bytes in base64 is a secret",
        arguments: [
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", true), ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", false),
            ("whsec_", false), ("whsec_MfKQ9r8G", false), ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!", false),
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwA", false), ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAA==", true),
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAA===", false),
            ("whsec_" + String(repeating: "A", count: 88), false),
        ])
    func secrets(text: String, isSecret: Bool) {
        #expect((HookSecret(text) != nil) == isSecret)
    }
}
