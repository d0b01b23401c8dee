import Instruments
import Settings
import Testing

@testable import Observability

@Suite struct LogSettingsTests {
    @Test func `lines are JSON from info on, and for people in development`() {
        var reader = SettingsReader()
        let settings = LogSettings(from: &reader, isForDevelopment: false)
        #expect(settings.level == .info)
        #expect(settings.format == .json)
        var other = SettingsReader()
        #expect(LogSettings(from: &other, isForDevelopment: true).format == .human)
    }

    @Test func `both can be set, and what is not in the list is a fault`() {
        let environment = ["ATALAYA_LOG_LEVEL": "warning", "ATALAYA_LOG_FORMAT": "json"]
        var reader = SettingsReader(flags: [], environment: environment, file: nil)
        let settings = LogSettings(from: &reader, isForDevelopment: true)
        #expect(settings.level == .warning)
        #expect(settings.format == .json)
        #expect(reader.faults.isEmpty)
        let wrong = ["ATALAYA_LOG_LEVEL": "loud", "ATALAYA_LOG_FORMAT": "xml"]
        var other = SettingsReader(flags: [], environment: wrong, file: nil)
        _ = LogSettings(from: &other, isForDevelopment: false)
        #expect(other.faults.count == 2)
    }
}
