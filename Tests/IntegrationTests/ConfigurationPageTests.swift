import Foundation
import Gateway
import Settings
import TestKit
import Testing

@Suite struct ConfigurationPageTests {
    @Test func `docs configuration is the printed reference`() throws {
        try expectPage("docs/configuration.md", toBe: Self.defaults.reference)
    }

    @Test func `docs atalaya yaml has every key and is accepted as it is`() throws {
        try expectPage("docs/atalaya.yaml", toBe: Self.example)
        #expect(try Self.read(Self.example).faults == [])
    }

    @Test func `the defaults of the example file are those of the code`() throws {
        // Every line that begins with # and a key, without that #.
        let uncommented = Self.example.replacing(/(?m)^  #(?=[A-Za-z])/, with: "  ")
        let reader = try Self.read(uncommented)
        let defaults = Self.defaults
        #expect(reader.faults == [])
        for (setting, byDefault) in zip(reader.effectiveSettings, defaults.effectiveSettings) {
            let key = byDefault.declaration.key
            #expect(setting.declaration.key == key)
            #expect(setting.texts == (key == "auth.mode" ? ["anonymous"] : byDefault.texts), "\(key)")
            // Nothing but what depends on the machine or on another key is left to words.
            let isWritten = byDefault.declaration.defaultText == byDefault.text && !byDefault.texts.isEmpty
            #expect((setting.origin == .default) == (!isWritten && key != "auth.mode"), "\(key)")
        }
    }

    private static var defaults: SettingsReader {
        var reader = SettingsReader()
        _ = GatewaySettings(from: &reader, isForDevelopment: false)
        return reader
    }

    private static var example: String { self.defaults.exampleFile(setting: ["auth.mode": "anonymous"]) }

    private static func read(_ text: String) throws -> SettingsReader {
        let folder = try TemporaryFolder()
        var reader = SettingsReader(flags: [], environment: [:], file: try folder.write(text, to: "atalaya.yaml"))
        _ = GatewaySettings(from: &reader, isForDevelopment: false)
        return reader
    }
}
