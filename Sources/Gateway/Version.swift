/// Which program this is.
enum Version {
    static let number = "0.1.0"
    /// The commit it was built from, where the build said so.
    static let commit = "unknown"
}
