/// Where a value came from, in words an operator can go to and change it.
package enum SettingsOrigin: Hashable, Sendable, CustomStringConvertible {
    /// As it was typed: `--port`, or `--set public.port`.
    case flag(String)
    case environment(String)
    /// Lines count from 1; 0 where the whole file is meant.
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
