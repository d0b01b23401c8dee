import JSONText
import Messaging

/// Why a text frame is not a command.
enum NativeFault: Error, Sendable {
    /// It is not one JSON object: the connection is closed with 4400.
    case notAnObject(String)
    /// It is answered with an error, and the connection stays.
    case command(CommandFault)

    /// A frame whose JSON is valid, but not within our bounds, gets an error; invalid JSON ends the connection.
    init(_ error: JSONError, isObject: Bool) {
        switch error.fault {
        case .tooDeep where isObject:
            self = .command(CommandFault(id: nil, command: .unknown, Refusal(.invalid, "\(error)")))
        default:
            self = .notAnObject("a frame of atalaya.v1.json must be one JSON object: \(error)")
        }
    }
}
