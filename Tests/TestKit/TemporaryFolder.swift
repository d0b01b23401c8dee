package import Foundation

/// A temporary folder, deleted with the object.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("atalaya-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.path = folder.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: self.path)
    }

    /// The path of a file in it, whether it exists or not.
    package func file(_ name: String) -> String {
        "\(self.path)/\(name)"
    }

    /// Writes a file and returns its path.
    @discardableResult
    package func write(_ bytes: Data, to name: String) throws -> String {
        let path = self.file(name)
        try bytes.write(to: URL(fileURLWithPath: path))
        return path
    }

    @discardableResult
    package func write(_ text: String, to name: String) throws -> String {
        try self.write(Data(text.utf8), to: name)
    }
}
