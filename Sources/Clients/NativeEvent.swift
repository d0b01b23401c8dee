import ByteKernels
package import JSONText

/// What a native server says.
///
/// Read strictly: an unknown type or member is a fault of the server.
package enum NativeEvent: Equatable, Sendable {
    case welcome(NativeWelcome)
    case ok(NativeOK)
    case error(NativeError)
    case message(NativeMessage)
    case reconnect(afterMilliseconds: Int64, reason: String)
    case pong(id: String?)

    /// The id of the command that this answers, as it was written.
    package var id: String? {
        switch self {
        case .ok(let ok): ok.id
        case .error(let error): error.id
        case .pong(let id): id
        case .welcome, .message, .reconnect: nil
        }
    }
}

package struct NativeWelcome: Equatable, Sendable {
    package let connectionID: String
    package let userID: String
    package let resume: String
    package let resumed: Bool
    package let instance: String
    package let heartbeatMilliseconds: Int64
}

package struct NativeOK: Equatable, Sendable {
    package let id: String
    package let messageID: String?
    package let recovered: Bool?
}

package struct NativeError: Error, Equatable, Sendable {
    package let id: String?
    package let code: String
    package let message: String
}

package struct NativeMessage: Equatable, Sendable {
    package let room: String
    package let id: String
    package let from: String?
    /// Milliseconds since 1970.
    package let time: Int64
    /// JSON as the server wrote it.
    package let data: String
    package let traceparent: String?
}

/// How a frame breaks the native protocol.
package enum NativeEventFault: Error, Equatable, Sendable {
    case notJSON(JSONError)
    case unknownType(String?)
    case unknownMember(String)
    case repeatedMember(String)
    case missingMember(String)
    case binaryFrame
    /// A command that the protocol cannot express.
    case noWord
}

extension NativeEvent {
    /// Reads one text frame.
    package init(_ text: String) throws(NativeEventFault) {
        var members = try NativeEventMembers(Array(text.utf8))
        let type = try members.string("type")
        switch type {
        case "welcome":
            self = .welcome(
                NativeWelcome(
                    connectionID: try members.string("connectionId"),
                    userID: try members.string("userId"),
                    resume: try members.string("resume"),
                    resumed: try members.bool("resumed"),
                    instance: try members.string("instance"),
                    heartbeatMilliseconds: try members.integer("heartbeatMs")
                )
            )
        case "ok":
            self = .ok(
                NativeOK(
                    id: try members.raw("id"),
                    messageID: members.has("messageId") ? try members.string("messageId") : nil,
                    recovered: members.has("recovered") ? try members.bool("recovered") : nil
                )
            )
        case "error":
            self = .error(
                NativeError(
                    id: members.has("id") ? try members.raw("id") : nil,
                    code: try members.string("code"),
                    message: try members.string("message")
                )
            )
        case "message":
            self = .message(
                NativeMessage(
                    room: try members.string("room"),
                    id: try members.string("id"),
                    from: members.has("from") ? try members.string("from") : nil,
                    time: try members.integer("ts"),
                    data: try members.raw("data"),
                    traceparent: members.has("traceparent") ? try members.string("traceparent") : nil
                )
            )
        case "reconnect":
            self = .reconnect(
                afterMilliseconds: try members.integer("afterMs"),
                reason: try members.string("reason")
            )
        case "pong":
            self = .pong(id: members.has("id") ? try members.raw("id") : nil)
        default:
            throw .unknownType(type)
        }
        try members.checkAllTaken()
    }
}

/// The members of one frame, each to be taken once.
private struct NativeEventMembers {
    private let bytes: [UInt8]
    private var values: [String: JSONValue] = [:]

    init(_ bytes: [UInt8]) throws(NativeEventFault) {
        self.bytes = bytes
        var repeated: String?
        do throws(JSONError) {
            var members = try JSONMembers(of: bytes.span, maximumDepth: JSONScanner.deepest)
            while let member = try members.next(in: bytes.span) {
                let name = member.key.string(in: bytes.span) ?? ""
                if self.values.updateValue(member.value, forKey: name) != nil { repeated = name }
            }
        } catch {
            throw .notJSON(error)
        }
        if let repeated { throw .repeatedMember(repeated) }
    }

    func has(_ name: String) -> Bool { self.values[name] != nil }

    mutating func string(_ name: String) throws(NativeEventFault) -> String {
        try self.take(name) { $0.string(in: $1) }
    }

    mutating func integer(_ name: String) throws(NativeEventFault) -> Int64 {
        try self.take(name) { $0.integer(in: $1) }
    }

    mutating func bool(_ name: String) throws(NativeEventFault) -> Bool {
        try self.take(name) { value, _ in value.bool }
    }

    /// The JSON of a member as it was written.
    mutating func raw(_ name: String) throws(NativeEventFault) -> String {
        try self.take(name) { String(decoding: [UInt8](copying: $1.extracting($0.range)), as: UTF8.self) }
    }

    func checkAllTaken() throws(NativeEventFault) {
        if let name = self.values.keys.min() { throw .unknownMember(name) }
    }

    private mutating func take<Value>(
        _ name: String,
        _ read: (JSONValue, Span<UInt8>) -> Value?
    ) throws(NativeEventFault) -> Value {
        guard let member = self.values.removeValue(forKey: name), let value = read(member, self.bytes.span) else {
            throw .missingMember(name)
        }
        return value
    }
}
