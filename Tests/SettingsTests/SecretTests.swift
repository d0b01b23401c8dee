import Testing

@testable import Settings

@Suite struct SecretTests {
    private struct Holder {
        let token: Secret?
    }

    @Test func `no way of turning a secret into text shows it`() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(Holder(token: secret), to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), String(describing: Holder(token: secret)), dumped] {
            #expect(!text.contains("hunter2"))
        }
        #expect("\(secret)" == "<redacted>")
        #expect(secret.revealed == "hunter2")
    }
}
