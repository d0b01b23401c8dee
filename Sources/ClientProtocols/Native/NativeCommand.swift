import ByteKernels
import JSONText
import Messaging
import Notation

/// The members of one frame, found but not yet checked.
struct NativeCommand: ~Copyable {
    private var values = InlineArray<11, JSONValue?>(repeating: nil)
    /// The first key that no command knows.
    private var unknown: JSONValue?
    private var repeated: NativeMember?

    /// Finds the members of a frame and validates all of it.
    init(_ text: Span<UInt8>, maximumDepth: Int) throws(NativeFault) {
        do throws(JSONError) {
            var members = try JSONMembers(of: text, maximumDepth: maximumDepth)
            while let member = try members.next(in: text) {
                guard let name = NativeMember(member.key, in: text) else {
                    self.unknown = self.unknown ?? member.key
                    continue
                }
                if self.values[Int(name.rawValue)] != nil { self.repeated = name }
                self.values[Int(name.rawValue)] = member.value
            }
        } catch {
            throw NativeFault(error, isObject: Self.beginsAnObject(text))
        }
    }

    private static func beginsAnObject(_ text: Span<UInt8>) -> Bool {
        for index in text.indices {
            switch text[index] {
            case 0x20, 0x09, 0x0A, 0x0D: continue
            case let first: return first == UInt8(ascii: "{")
            }
        }
        return false
    }

    /// Checks the members.
    func request(in text: Span<UInt8>) throws(NativeFault) -> ClientRequest {
        let id = try self.id(in: text)
        guard let type = self.value(.type), let command = CommandName(nativeType: type, in: text) else {
            throw .command(
                CommandFault(id: id, command: .unknown, Refusal(.invalid, self.typeSentence(in: text)))
            )
        }
        do throws(Refusal) {
            if let repeated = self.repeated {
                throw Refusal(.invalid, "\"\(repeated.name)\" is given twice")
            }
            try self.checkMembers(of: command, in: text)
            return ClientRequest(id: id, command: try self.command(command, in: text))
        } catch {
            throw .command(CommandFault(id: id, command: command, room: try? self.room(in: text), error))
        }
    }

    // MARK: - Commands

    private func command(_ name: CommandName, in text: Span<UInt8>) throws(Refusal) -> ClientCommand {
        switch name {
        case .connect:
            return .connect(
                token: try self.optionalString(.token, in: text),
                resume: try self.optionalString(.resume, in: text)
            )
        case .subscribe:
            return .subscribe(try self.room(in: text), since: try self.optionalString(.since, in: text))
        case .unsubscribe:
            return .unsubscribe(try self.room(in: text))
        case .publish:
            guard let data = self.value(.data) else {
                throw Refusal(.invalid, "\"data\" is missing; it may be any JSON value")
            }
            return .publish(
                room: try self.room(in: text),
                kind: .json,
                payload: [UInt8](copying: text.extracting(data.range)),
                echo: try self.echo(),
                trace: try self.trace(in: text)
            )
        case .refresh:
            return .refresh(token: try self.string(.token, in: text))
        case .received:
            guard let id = ULID(try self.string(.messageID, in: text)) else {
                throw Refusal(.invalid, "\"messageId\" must be the 26 characters of a message's id")
            }
            return .received(MessageID(id))
        case .ping:
            return .ping
        case .history, .presence, .unknown:
            return .unsupported(name)
        }
    }

    // MARK: - Single members

    private func value(_ member: NativeMember) -> JSONValue? {
        self.values[Int(member.rawValue)]
    }

    /// The value of a member that may be absent.
    private func optional(_ member: NativeMember) -> JSONValue? {
        guard let value = self.value(member), value.kind != .null else { return nil }
        return value
    }

    private func id(in text: Span<UInt8>) throws(NativeFault) -> CommandID? {
        guard let value = self.value(.id) else { return nil }
        switch value.kind {
        case .number where value.range.count <= Self.maximumIDBytes:
            return .number(String(decoding: [UInt8](copying: text.extracting(value.range)), as: UTF8.self))
        case .string:
            if let string = value.string(in: text), string.utf8.count <= Self.maximumIDBytes {
                return .string(string)
            }
        default: break
        }
        throw .command(
            CommandFault(
                id: nil,
                command: .unknown,
                Refusal(.invalid, "\"id\" must be a number or a string of at most \(Self.maximumIDBytes) bytes")
            )
        )
    }

    private static let maximumIDBytes = 64

    private func room(in text: Span<UInt8>) throws(Refusal) -> RoomName {
        guard let value = self.value(.room), value.kind == .string else {
            throw Refusal(.invalid, "\"room\" is missing; it must be a string")
        }
        do throws(RoomNameError) {
            return value.isEscaped
                ? try RoomName(value.string(in: text) ?? "") : try RoomName(text.extracting(value.contents))
        } catch {
            throw Refusal(error == .reserved ? .forbidden : .invalid, "\(error)")
        }
    }

    private func optionalString(_ member: NativeMember, in text: Span<UInt8>) throws(Refusal) -> String? {
        guard let value = self.optional(member) else { return nil }
        guard let string = value.string(in: text) else {
            throw Refusal(.invalid, "\"\(member.name)\" must be a string")
        }
        return string
    }

    private func string(_ member: NativeMember, in text: Span<UInt8>) throws(Refusal) -> String {
        guard let string = try self.optionalString(member, in: text) else {
            throw Refusal(.invalid, "\"\(member.name)\" is missing; it must be a string")
        }
        return string
    }

    private func echo() throws(Refusal) -> Bool {
        guard let value = self.optional(.echo) else { return true }
        guard let echo = value.bool else { throw Refusal(.invalid, "\"echo\" must be true or false") }
        return echo
    }

    private func trace(in text: Span<UInt8>) throws(Refusal) -> TraceContext? {
        guard let string = try self.optionalString(.traceparent, in: text) else { return nil }
        guard let trace = TraceContext(traceparent: string) else {
            throw Refusal(.invalid, "\"traceparent\" is not a W3C trace context, such as 00-<32 hex>-<16 hex>-01")
        }
        return trace
    }

    // MARK: - What nobody knows

    private func typeSentence(in text: Span<UInt8>) -> String {
        let known = CommandName.native.map(\.label)
        let sentence = "\"type\" must be one of \(known.joined(separator: ", "))"
        guard let given = self.value(.type)?.string(in: text) else { return sentence }
        return sentence + Suggestion.question(Suggestion.nearest(to: given, among: known))
    }

    private func checkMembers(of command: CommandName, in text: Span<UInt8>) throws(Refusal) {
        let known = NativeMember.known(to: command)
        for member in NativeMember.allCases.dropFirst(2) where self.value(member) != nil {
            guard known.contains(member) else { throw self.stranger(member.name, command, known) }
        }
        if let key = self.unknown { throw self.stranger(key.string(in: text) ?? "", command, known) }
    }

    private func stranger(_ name: String, _ command: CommandName, _ known: [NativeMember]) -> Refusal {
        Refusal(
            .invalid,
            "\(command.label) has no member \"\(name.prefix(40))\""
                + Suggestion.question(Suggestion.nearest(to: name, among: known.map(\.name)))
        )
    }
}
