/// Where a value came from, in words that lead an operator to the place to change it.
package enum SettingsOrigin: Hashable, Sendable, CustomStringConvertible {
    /// As typed: `--port`, or `--set public.port`.
    case flag(String)
    case environment(String)
    /// Lines count from 1; 0 means the whole file.
    case file(path: String, line: Int)
    case `default`

    package var description: String {
        switch self {
        case .flag(let name): name
        case .environment(let name): name
        case .file(let path, 0): path
        case .file(let path, let line): "\(path):\(line)"
        case .default: "default"
        }
    }
}
