import Instruments
package import Messaging

/// What clients ask for with commands, and how they are answered.
extension Session {
    /// Carries out one command.
    ///
    /// - Parameter frameBytes: The payload of the frame that it came in.
    package func handle(_ request: ClientRequest, frameBytes: Int) {
        guard self.state.allows(request.command.name) else {
            self.refuseUnnamed(request, frameBytes: frameBytes)
            return
        }
        if !request.command.isConnect {
            self.settleReturn()
        }
        switch request.command {
        case .publish(let room, let kind, let payload, let echo, let trace):
            self.publish(
                to: room,
                kind: kind,
                payload: payload,
                echo: echo,
                trace: trace,
                answering: request.id,
                frameBytes: frameBytes
            )
        case .subscribe(let room, let since):
            self.subscribe(room, since: since, answering: request.id)
        case .unsubscribe(let room):
            self.unsubscribe(room, answering: request.id)
        case .connect(let token, let resume):
            self.connect(token: token, resume: resume, answering: request.id)
        case .ping:
            self.count(.ping, .ok)
            self.output.send(.pong(request.id))
        case .received:
            self.count(.received, .ok)
        case .refresh:
            self.fail(.refresh, request.id, Refusal(.notSupported, "this gateway takes no tokens"))
        case .unsupported(let name):
            self.fail(name, request.id, Refusal(.notSupported, "this gateway does not support \(name.label)"))
        }
    }

    /// A client without a name asks for something other than to connect.
    private func refuseUnnamed(_ request: ClientRequest, frameBytes: Int) {
        guard self.state == .unnamed else { return }
        let refusal = Refusal(.unauthenticated, "this connection has no user yet; send connect first")
        let room = request.command.room
        self.fail(
            CommandFault(id: request.id, command: request.command.name, room: room, refusal),
            frameBytes: frameBytes
        )
    }

    /// Answers what could not be read as a command.
    package func fail(_ fault: CommandFault, frameBytes: Int) {
        self.settleReturn()
        if fault.command == .publish {
            self.refusePublication(fault.refusal, to: fault.room, answering: fault.id, frameBytes: frameBytes)
        } else {
            self.fail(fault.command, fault.id, fault.refusal, fault.room)
        }
    }

    private func subscribe(_ room: RoomName, since: String?, answering id: CommandID?) {
        let answer = SubscriptionAnswer(id, recovered: since == nil ? nil : false)
        if let refusal = self.join(room, answering: answer) {
            self.fail(.subscribe, id, refusal, room)
            return
        }
        self.count(.subscribe, .ok)
    }

    /// The broker does not deliver a room that this session is in.
    ///
    /// Whoever has commands leaves the room and is told so; whoever has none is closed.
    ///
    /// - Parameter answers: The commands that waited for the room; none where it was delivered before.
    func subscriptionRefused(_ room: RoomName, _ refusal: Refusal, _ answers: [SubscriptionAnswer]) {
        guard self.state.isLive else { return }
        guard self.traits.commands.contains(.subscribe) else {
            self.output.refuse(refusal, answering: nil)
            return
        }
        guard self.leave(room) == nil else { return }
        for answer in answers.isEmpty ? [SubscriptionAnswer(nil)] : answers {
            self.fail(.subscribe, answer.command, refusal, room)
        }
    }

    private func unsubscribe(_ room: RoomName, answering id: CommandID?) {
        if let refusal = self.leave(room) {
            self.fail(.unsubscribe, id, refusal, room)
            return
        }
        self.count(.unsubscribe, .ok)
        if let id {
            self.output.send(.done(id))
        }
    }

    private func connect(token: String?, resume: String?, answering id: CommandID?) {
        if self.lineage.isConnected {
            let sentence = "this connection is connected already; connect is sent once, first"
            self.fail(.connect, id, Refusal(.invalid, sentence))
        } else if token != nil {
            self.fail(.connect, id, Refusal(.notSupported, "this gateway takes no tokens; leave out \"token\""))
        } else {
            self.lineage.isConnected = true
            self.count(.connect, .ok)
            if self.state == .unnamed {
                self.named(.anonymous)
            }
            self.welcome(resuming: resume ?? self.lineage.offered)
        }
    }

    private func fail(_ command: CommandName, _ id: CommandID?, _ refusal: Refusal, _ room: RoomName? = nil) {
        self.count(command, .error)
        self.logFailed(command, refusal, room)
        self.output.refuse(refusal, answering: id)
    }

    private func count(_ command: CommandName, _ result: CommandResult) {
        self.registry.counts[self.identity.protocolName].commands[command][result] += 1
    }
}

extension ClientCommand {
    fileprivate var isConnect: Bool {
        if case .connect = self { true } else { false }
    }
}
