import Instruments
import JSONText
package import Messaging

/// What the server says in the native protocol.
extension Native {
    /// Appends the JSON of a room's message: the same for every member.
    package static func encode(_ message: Message, as encoding: MessageEncoding, into bytes: inout [UInt8]) {
        bytes.reserveCapacity(bytes.count + message.payload.count + 256)
        bytes.append(contentsOf: #"{"type":"message","room":""#.utf8)
        // A room name contains no byte that JSON escapes.
        bytes.append(contentsOf: message.room.text.utf8)
        bytes.append(contentsOf: #"","id":""#.utf8)
        message.id.ulid.append(to: &bytes)
        if let from = message.from {
            bytes.append(contentsOf: #"","from":"#.utf8)
            JSONString.append(from.text, to: &bytes)
            bytes.append(contentsOf: #","ts":"#.utf8)
        } else {
            bytes.append(contentsOf: #"","ts":"#.utf8)
        }
        JSONWriter.append(message.acceptedAt / 1_000_000, to: &bytes)
        bytes.append(contentsOf: #","data":"#.utf8)
        PayloadText.appendJSON(message, to: &bytes)
        if let trace = message.trace {
            bytes.append(contentsOf: #","traceparent":""#.utf8)
            bytes.append(contentsOf: trace.traceparent.utf8)
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: "}"))
    }

    package func write(_ event: ServerEvent, into bytes: inout [UInt8]) -> Bool {
        switch event {
        case .welcome(let welcome):
            Self.write(welcome, to: &bytes)
        case .subscribed(let id, let recovered):
            Self.beginOK(id, &bytes)
            if let recovered {
                bytes.append(contentsOf: (recovered ? #","recovered":true"# : #","recovered":false"#).utf8)
            }
            bytes.append(UInt8(ascii: "}"))
        case .published(let id, let message):
            Self.beginOK(id, &bytes)
            bytes.append(contentsOf: #","messageId":""#.utf8)
            message.ulid.append(to: &bytes)
            bytes.append(contentsOf: #""}"#.utf8)
        case .done(let id):
            Self.beginOK(id, &bytes)
            bytes.append(UInt8(ascii: "}"))
        case .failed(let id, let refusal):
            bytes.append(contentsOf: #"{"type":"error""#.utf8)
            Self.write(id, to: &bytes)
            bytes.append(contentsOf: #","code":""#.utf8)
            bytes.append(contentsOf: refusal.code.label.utf8)
            bytes.append(contentsOf: #"","message":"#.utf8)
            JSONString.append(refusal.sentence, to: &bytes)
            bytes.append(UInt8(ascii: "}"))
        case .pong(let id):
            bytes.append(contentsOf: #"{"type":"pong""#.utf8)
            Self.write(id, to: &bytes)
            bytes.append(UInt8(ascii: "}"))
        }
        return true
    }

    /// A client that should come back is told when; everything else is in the close frame.
    package func writeGoodbye(_ ending: Ending, into bytes: inout [UInt8]) -> Bool {
        guard let after = ending.reconnectAfter else { return false }
        bytes.append(contentsOf: #"{"type":"reconnect","afterMs":"#.utf8)
        JSONWriter.append(UInt64(clamping: after.wholeMilliseconds), to: &bytes)
        bytes.append(contentsOf: #","reason":"\#(ending.reason.label)"}"#.utf8)
        return true
    }

    private static func write(_ welcome: Welcome, to bytes: inout [UInt8]) {
        JSONWriter.append(to: &bytes) { json in
            json.object { json in
                json.member("type", "welcome")
                json.member("connectionId", welcome.connection.text)
                json.member("userId", welcome.user.text)
                json.member("resume", welcome.resume)
                json.member("resumed", welcome.resumed)
                json.member("instance", welcome.instance)
                json.member("heartbeatMs", welcome.heartbeatMilliseconds)
            }
        }
    }

    private static func beginOK(_ id: CommandID, _ bytes: inout [UInt8]) {
        bytes.append(contentsOf: #"{"type":"ok""#.utf8)
        self.write(id, to: &bytes)
    }

    /// The id as the client wrote it.
    static func write(_ id: CommandID?, to bytes: inout [UInt8]) {
        guard let id else { return }
        bytes.append(contentsOf: #","id":"#.utf8)
        switch id {
        case .number(let digits): bytes.append(contentsOf: digits.utf8)
        case .string(let string): JSONString.append(string, to: &bytes)
        }
    }
}
