import JSONText
import Messaging

/// Why a text frame is no command.
enum NativeFault: Error, Sendable {
    /// It is not one JSON object: the connection is closed with 4400.
    case notAnObject(String)
    /// It is answered with an error, and the connection stays.
    case command(CommandFault)

    /// A frame whose JSON is within the grammar, but not within our bounds, is an error; one that is not is the end.
    init(_ error: JSONError, isObject: Bool) {
        switch error.fault {
        case .tooDeep where isObject, .loneSurrogate where isObject:
            self = .command(CommandFault(id: nil, command: .unknown, Refusal(.invalid, "\(error)")))
        default:
            self = .notAnObject("a frame of atalaya.v1.json is one JSON object: \(error)")
        }
    }
}
