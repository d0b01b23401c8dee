import Instruments
package import Messaging
package import Reactor

/// What is logged about a session.
extension Session {
    /// Writes a line with the identity of the session.
    func log(_ event: SessionEvent, _ values: @autoclosure () -> [(LogField, LogValue)] = []) {
        self.registry.log.write(event, self.names + values())
    }

    /// Which connection, which user and which protocol.
    private var names: [(LogField, LogValue)] {
        let connection: (LogField, LogValue) = (.connectionId, .text(self.identity.connection.text))
        let language: (LogField, LogValue) = (.protocol, .text(self.identity.protocolName.label))
        guard let user = self.identity.user else { return [connection, language] }
        return [connection, (.userId, .text(user.text)), language]
    }

    /// Writes the one line that sums up a connection.
    func logClosed(_ last: LastWords, _ final: ConnectionCounters) {
        guard self.registry.log.shows(SessionEvent.closed.level) else { return }
        let ending = last.ending
        var words = self.names
        words.reserveCapacity(20)
        words.append((.transport, .text(self.identity.transport.label)))
        words.append((.remoteAddress, .text(self.identity.remoteAddress)))
        words.append((.initiator, .text(ending.initiator.label)))
        words.append((.reason, .text(ending.reason.label)))
        words.append((.durationMs, .integer(last.lived.wholeMilliseconds)))
        words.append((.rooms, .integer(Int64(last.rooms))))
        if let code = ending.code {
            words.append((.closeCode, .integer(Int64(code))))
        }
        if let room = last.room {
            words.append((.room, .text(room.text)))
        }
        // A close that the client began is no error, and what it says there is its own.
        if ending.initiator != .client, !ending.explanation.isEmpty {
            words.append((.error, .text(ending.explanation)))
        }
        if let rtt = self.heartbeat?.lastRTT {
            words.append((.rttMs, .decimal(Double(rtt.wholeNanoseconds / 1000) / 1000)))
        }
        words.append((.messagesReceived, .integer(Int64(clamping: final.messagesReceived))))
        words.append((.messagesSent, .integer(Int64(clamping: final.messagesSent))))
        words.append((.bytesReceived, .integer(Int64(clamping: final.bytesReceived))))
        words.append((.bytesSent, .integer(Int64(clamping: final.bytesSent))))
        words.append((.dropped, .integer(Int64(clamping: final.dropped))))
        if final.closedBeforeWrite > 0 {
            words.append((.closedBeforeWrite, .integer(Int64(clamping: final.closedBeforeWrite))))
        }
        if final.writeErrors > 0 {
            words.append((.writeErrors, .integer(Int64(clamping: final.writeErrors))))
        }
        self.registry.log.write(SessionEvent.closed, words)
    }

    /// - Parameter message: `nil` if the publication was refused before it had an id.
    func logRefused(_ refusal: Refusal, _ room: RoomName?, _ message: MessageID?) {
        self.log(
            .publicationRefused,
            [(.reason, .text(RejectionReason(refusal.code).label)), (.error, .text(refusal.sentence))]
                + Self.room(room) + (message.map { [(.messageId, .text($0.text))] } ?? [])
        )
    }

    func logFailed(_ command: CommandName, _ refusal: Refusal, _ room: RoomName?) {
        self.log(
            .commandFailed,
            [
                (.command, .text(command.label)), (.reason, .text(refusal.code.label)),
                (.error, .text(refusal.sentence)),
            ] + Self.room(room)
        )
    }

    /// Messages for this client began to be dropped because it reads too slowly, or that is over.
    ///
    /// - Parameter room: Whose message was the first.
    package func dropsChanged(_ change: DropChange, room: RoomName?) {
        switch change {
        case .began:
            self.log(.dropsBegan, Self.room(room))
        case .ended(let frames, let lasted):
            self.log(
                .dropsEnded,
                [(.dropped, .integer(Int64(clamping: frames))), (.durationMs, .integer(lasted.wholeMilliseconds))]
            )
        }
    }

    private static func room(_ room: RoomName?) -> [(LogField, LogValue)] {
        room.map { [(.room, .text($0.text))] } ?? []
    }
}
