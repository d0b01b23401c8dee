package import ClientProtocols
import Messaging

/// The rules that every client protocol must follow.
///
/// Every protocol in `SpokenProtocols.all` runs each clause.
package enum ProtocolContract: String, CaseIterable, Sendable, CustomStringConvertible {
    case commandsRoundTrip = "what a client writes is read as it was meant"
    case oversizedIsRefused = "a message too big to be read is refused, or the end"
    case garbageIsJudged = "whatever bytes come, a command, a refusal or an ending comes of them"
    case hellosAreJudged = "whatever a handshake says, it is taken, or refused with a sentence"
    case eventsHaveWords = "each event is written, or nothing is"
    case refusalsAreTold = "a refusal is told, or ends the connection"
    case goodbyesAreWritten = "a goodbye is written, or nothing is"
    case messagesAreWritten = "a room's message of each kind is written, the same every time"
    case traitsAreTrue = "its traits say what it has words for"

    package var description: String { self.rawValue }

    package struct Violation: Error, CustomStringConvertible {
        package let description: String
    }

    package func check(_ language: any ClientProtocol.Type) throws {
        switch self {
        case .commandsRoundTrip: try self.roundTrip(language)
        case .oversizedIsRefused: try self.oversized(language)
        case .garbageIsJudged: try self.garbage(language)
        case .hellosAreJudged: try self.hellos(language)
        case .eventsHaveWords: try self.events(language)
        case .refusalsAreTold: try self.refusals(language)
        case .goodbyesAreWritten: try self.goodbyes(language)
        case .messagesAreWritten: try self.messages(language)
        case .traitsAreTrue: try self.traits(language)
        }
    }

    private func client(_ language: any ClientProtocol.Type) throws -> any ClientProtocol {
        let query = [(name: "room", value: "chat.lobby"), (name: "room", value: "chat.other")]
        return try language.init(ClientHello(query: query, maximumJSONDepth: 64))
    }

    // MARK: - What clients say

    private func roundTrip(_ language: any ClientProtocol.Type) throws {
        let client = try self.client(language)
        var words = 0
        for request in ProtocolSamples.requests {
            var bytes: [UInt8] = []
            guard language.write(request, into: &bytes) else {
                try self.demand(bytes.isEmpty, "without a word for \(request) nothing is written")
                continue
            }
            words += 1
            let read = client.read(bytes.span, isText: request.isText)
            try self.demand(read == .request(request), "\(request) was read as \(read)")
        }
        try self.demand(words > 0, "there is something that a client can say")
    }

    private func oversized(_ language: any ClientProtocol.Type) throws {
        switch try self.client(language).readOversized("too big") {
        case .request(let request): try self.demand(false, "nothing that was not read is carried out: \(request)")
        case .fault(let fault): try self.demand(fault.refusal.code == .tooBig, "the refusal says that it was too big")
        case .ending(let ending): try self.demand(ending.reason == .tooBig, "the ending says that it was too big")
        }
    }

    private func garbage(_ language: any ClientProtocol.Type) throws {
        var random = SeededGenerator(test: "\(#function) of \(language.name.label)")
        let client = try self.client(language)
        var frames = ProtocolSamples.requests.compactMap { request -> [UInt8]? in
            var bytes: [UInt8] = []
            return language.write(request, into: &bytes) ? bytes : nil
        }
        frames.append([])
        for frame in frames {
            for end in 0...frame.count {
                try self.judge(client, Array(frame[..<end]), isText: true)
                try self.judge(client, Array(frame[..<end]), isText: false)
            }
        }
        for _ in 0..<3_000 {
            var bytes = frames.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0...bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0 where place < bytes.count: bytes.remove(at: place)
                case 1 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &random)
                default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
                }
            }
            try self.judge(client, bytes, isText: Bool.random(using: &random))
        }
    }

    private func judge(_ client: any ClientProtocol, _ bytes: [UInt8], isText: Bool) throws {
        switch client.read(bytes.span, isText: isText) {
        case .request(let request):
            let known = type(of: client).traits.commands
            try self.demand(known.contains(request.command.name), "\(request) is one of its commands")
        case .fault(let fault):
            try self.demand(!fault.refusal.sentence.isEmpty, "a fault says what is wrong")
        case .ending(let ending):
            try self.demand(ending.initiator == .server && ending.code != nil, "an unreadable frame ends with a code")
            try self.demand(!ending.explanation.isEmpty, "an ending says what is wrong")
        }
    }

    private func hellos(_ language: any ClientProtocol.Type) throws {
        var random = SeededGenerator(test: "\(#function) of \(language.name.label)")
        let names = ["room", "echo", "resume", "user", "", "x"]
        let values = ["chat.lobby", "true", "false", "", "_inner", "a b", "\u{0}", String(repeating: "x", count: 300)]
        for _ in 0..<500 {
            let query = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                (name: names.randomElement(using: &random) ?? "", value: values.randomElement(using: &random) ?? "")
            }
            do throws(HelloFault) {
                let client = try language.init(ClientHello(query: query, maximumJSONDepth: 64))
                try? self.demand(Set(client.rooms).count == client.rooms.count, "each room once")
            } catch {
                try self.demand(!error.sentence.isEmpty, "a refused handshake says what is wrong")
            }
        }
    }

    // MARK: - What clients are told

    private func events(_ language: any ClientProtocol.Type) throws {
        let client = try self.client(language)
        for event in ProtocolSamples.events {
            var bytes: [UInt8] = Array("before".utf8)
            let hasWord = client.write(event, into: &bytes)
            try self.demand(bytes.starts(with: "before".utf8), "what stands there already stays")
            try self.demand(hasWord == (bytes.count > 6), "\(event) is written, or nothing is")
        }
        var bytes: [UInt8] = []
        let welcomes = client.write(.welcome(ProtocolSamples.welcome), into: &bytes)
        try self.demand(welcomes == language.traits.isWelcomed, "who is welcomed has a word for it")
    }

    private func refusals(_ language: any ClientProtocol.Type) throws {
        let client = try self.client(language)
        for code in ErrorCode.allCases {
            switch client.answer(Refusal(code, "no"), to: .number("7")) {
            case .event(let event):
                var bytes: [UInt8] = []
                try self.demand(client.write(event, into: &bytes), "there is a word for \(event)")
                let text = String(decoding: bytes, as: UTF8.self)
                try self.demand(text.contains("7") && text.contains("no"), "it answers its command, with the sentence")
            case .ending(let ending):
                try self.demand(ending.initiator == .server && ending.code != nil, "\(code.label) closes with a code")
                try self.demand(ending.explanation == "no", "the sentence is told")
            }
        }
    }

    private func goodbyes(_ language: any ClientProtocol.Type) throws {
        let client = try self.client(language)
        for reason in CloseReason.allCases {
            for after in [nil, Duration.milliseconds(1234)] {
                var bytes: [UInt8] = Array("before".utf8)
                let ending = Ending(reason, by: .server, "bye", reconnectAfter: after)
                let isSaid = client.writeGoodbye(ending, into: &bytes)
                try self.demand(bytes.starts(with: "before".utf8), "what stands there already stays")
                try self.demand(isSaid == (bytes.count > 6), "it is written, or nothing is")
            }
        }
    }

    private func messages(_ language: any ClientProtocol.Type) throws {
        let encoding = try self.client(language).encoding
        try self.demand(encoding.protocolName == language.name, "messages are counted as its own")
        for message in ProtocolSamples.messages {
            var once: [UInt8] = Array("before".utf8)
            var twice: [UInt8] = Array("before".utf8)
            language.encode(message, as: encoding, into: &once)
            language.encode(message, as: encoding, into: &twice)
            try self.demand(once.starts(with: "before".utf8), "what stands there already stays")
            try self.demand(once == twice, "a message is written the same every time")
            if language.isSentAsIs(message, as: encoding) {
                try self.demand(Array(once.dropFirst(6)) == message.payload, "as it is means byte for byte")
            }
            if language.isText(message, as: encoding), message.kind != .binary {
                try self.demand(String(validating: once, as: UTF8.self) != nil, "text is UTF-8")
            }
        }
    }

    private func traits(_ language: any ClientProtocol.Type) throws {
        let commands = language.traits.commands
        try self.demand(Set(commands).count == commands.count, "each command once")
        try self.demand(!language.subprotocols.isEmpty, "a WebSocket client can ask for it")
        for request in ProtocolSamples.requests {
            var bytes: [UInt8] = []
            if language.write(request, into: &bytes) {
                try self.demand(commands.contains(request.command.name), "\(request) is one of its commands")
            }
        }
    }

    private func demand(_ isKept: Bool, _ promise: String) throws {
        if !isKept {
            throw Violation(description: "\(self): broken: \(promise)")
        }
    }
}
