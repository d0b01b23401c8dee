import CBuild

/// Which program this is.
enum Version {
    static let number = "0.1.0"
    /// The commit it was built from, if the build said so (`ATALAYA_COMMIT`).
    static let commit: String = {
        let bytes = (0..<64).lazy.map { UInt8(truncatingIfNeeded: build_commit_byte($0)) }.prefix { $0 != 0 }
        return bytes.isEmpty ? "unknown" : String(decoding: bytes, as: UTF8.self)
    }()
}
