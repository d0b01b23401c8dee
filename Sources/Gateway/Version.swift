/// The version of this program.
enum Version {
    static let number = "0.1.0"
    /// The commit it was built from, if the build said so.
    static let commit = "unknown"
}
