import Foundation

/// Answers as JSON: keys sorted, so that the same answer has one text.
enum ManagementJSON {
    static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(value))
        } catch {
            preconditionFailure("an answer of ours is no JSON: \(error)")
        }
    }
}
