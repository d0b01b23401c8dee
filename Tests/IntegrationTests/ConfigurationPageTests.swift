import Gateway
import Settings
import Testing

@Suite struct ConfigurationPageTests {
    @Test func `docs configuration is the printed reference`() throws {
        var reader = SettingsReader()
        _ = GatewaySettings(from: &reader, isForDevelopment: false)
        try expectPage("docs/configuration.md", toBe: reader.reference)
    }
}
