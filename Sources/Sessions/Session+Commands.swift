import Instruments
package import Messaging

/// What a client with commands asks for, and what it is answered.
extension Session {
    /// Carries out one command.
    ///
    /// - Parameter frameBytes: The payload of the frame that it came in.
    package func handle(_ request: ClientRequest, frameBytes: Int) {
        if !request.command.isConnect {
            self.lineage.settle(self)
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
            self.done(.unsubscribe, self.leave(room) ? nil : "this connection is not in room \(room)", request.id)
        case .connect(let token, let resume):
            self.connect(token: token, resume: resume, answering: request.id)
        case .ping:
            self.count(.ping, .ok)
            self.output.send(.pong(request.id))
        case .received:
            self.count(.received, .ok)
        case .refresh:
            self.fail(.refresh, request.id, .notSupported, "this gateway takes no tokens")
        case .unsupported(let name):
            self.fail(name, request.id, .notSupported, "this gateway does not support \(name.label)")
        }
    }

    /// Answers what could not be read as a command.
    package func fail(_ fault: CommandFault, frameBytes: Int) {
        self.lineage.settle(self)
        guard fault.command == .publish else {
            self.fail(fault.command, fault.id, fault.code, fault.message)
            return
        }
        let reason = RejectionReason.allCases.first { $0.errorCode == fault.code } ?? .invalid
        self.refuse(reason, answering: fault.id, frameBytes: frameBytes, fault.message)
    }

    private func subscribe(_ room: RoomName, since: String?, answering id: CommandID?) {
        if let refused = self.join(room, answering: since == nil ? id : nil) {
            let limit = self.registry.settings.maximumSubscriptions
            self.fail(.subscribe, id, refused, "a connection may be in \(limit) rooms (limits.subscriptions)")
            return
        }
        self.count(.subscribe, .ok)
        if since != nil, let id {
            self.output.send(.subscribed(id, recovered: false))
        }
    }

    private func connect(token: String?, resume: String?, answering id: CommandID?) {
        if self.lineage.isConnected {
            self.fail(.connect, id, .invalid, "this connection is connected already; connect is sent once, first")
        } else if token != nil {
            self.fail(.connect, id, .notSupported, "this gateway takes no tokens; leave out \"token\"")
        } else {
            self.lineage.isConnected = true
            self.count(.connect, .ok)
            self.welcome(resuming: resume)
        }
    }

    private func done(_ command: CommandName, _ fault: String?, _ id: CommandID?) {
        if let fault {
            self.fail(command, id, .invalid, fault)
            return
        }
        self.count(command, .ok)
        if let id {
            self.output.send(.done(id))
        }
    }

    private func fail(_ command: CommandName, _ id: CommandID?, _ code: ErrorCode, _ message: String) {
        self.count(command, .error)
        self.log(.commandFailed, [(.reason, .text(code.label)), (.error, .text(message))])
        self.output.send(.failed(id, code, message: message))
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
