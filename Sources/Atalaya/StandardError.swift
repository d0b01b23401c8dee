import Foundation

/// What is wrong, for people and for whoever started us: one line each.
enum StandardError {
    static func report(_ message: String) {
        let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        // Where stderr is closed there is nobody to tell.
        try? FileHandle.standardError.write(contentsOf: Data("atalaya: \(line)\n".utf8))
    }
}
