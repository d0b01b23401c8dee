import Settings
import Testing

@testable import Management

@Suite struct ManagementSettingsTests {
    @Test func `the token is a secret, and there is none by default`() {
        var reader = SettingsReader()
        #expect(ManagementSettings(from: &reader).token == nil)
        let environment = ["ATALAYA_MANAGEMENT_TOKEN": "correct horse"]
        var other = SettingsReader(flags: [], environment: environment, file: nil)
        let settings = ManagementSettings(from: &other)
        #expect(settings.token?.revealed == "correct horse")
        #expect(!"\(settings)".contains("horse"))
        #expect(other.faults.isEmpty)
    }
}
