import Instruments
import Messaging
import Reactor

/// The connection that a session continues.
struct Earlier {
    let back: ReconnectStore.Return
    let instance: String
    let origin: ReconnectOrigin
}

/// Claiming the chain of a resume token, and telling the other instances about this session's own.
///
/// Where instances share their chains, every claim goes there, also that of a token from this instance: otherwise it
/// could be claimed here and elsewhere at the same moment. What this instance remembers itself decides where the shared
/// record cannot be asked for, or has got lost.
extension Session {
    /// Finds out which connection a token continues, and welcomes the client then.
    func claim(_ token: String) {
        guard let sharing = self.registry.sharing, sharing.canClaim(token) else {
            self.reconnected(self.claimHere(token, isShared: false))
            return
        }
        let claim = ChainClaim(
            number: sharing.nextClaim(),
            handle: self.handle,
            connection: self.identity.connection,
            token: token,
            key: self.chainKey(token)
        )
        let registry = LoopBound(self.registry, on: self.registry.loop)
        sharing.add(
            .claim(claim.key) { answer in
                registry.loop.execute { registry.value.answered(claim, answer) }
            }
        )
        self.wait(for: .claim(claim.number), upTo: ChainSharing.patience) { [unowned self] in
            self.reconnected(nil)
        }
    }

    /// The shared chains have answered while the client waits.
    fileprivate func answered(_ claim: ChainClaim, _ answer: ChainAnswer) {
        self.reconnected(self.earlier(claim, answer))
        self.endWait()
    }

    private func earlier(_ claim: ChainClaim, _ answer: ChainAnswer) -> Earlier? {
        switch answer {
        case .claimed(let record, let gap):
            if let here = self.claimHere(claim.token, isShared: true) {
                return here
            }
            // An own one may be unknown here: a claim that came second may have been answered first.
            let isOwn = record.origin == self.registry.sharing?.origin
            guard let user = self.identity.isAnonymous ? record.user : self.identity.user else { return nil }
            return Earlier(
                back: ReconnectStore.Return(
                    place: record.place + 1,
                    connection: record.connection,
                    user: user,
                    gap: gap
                ),
                instance: record.instance,
                origin: isOwn ? .sameInstance : .otherInstance
            )
        case .taken:
            self.registry.reconnects.revoke(claim.token)
            return nil
        case .unknown, .unavailable:
            return self.claimHere(claim.token, isShared: false)
        }
    }

    /// Claims what this instance remembers itself.
    ///
    /// - Parameter isShared: The shared record has been claimed already.
    private func claimHere(_ token: String, isShared: Bool) -> Earlier? {
        guard let user = self.identity.user else { return nil }
        let back = self.registry.reconnects.claim(
            token,
            by: user,
            isAnonymous: self.identity.isAnonymous,
            at: self.registry.loop.now
        )
        guard let back else { return nil }
        if !isShared {
            self.registry.sharing?.add(.forget(self.chainKey(token), isUsed: true))
        }
        return Earlier(back: back, instance: self.registry.instance, origin: .sameInstance)
    }

    // MARK: - This session's own record

    /// Writes the record of a token that was just given out.
    func share(_ token: String) {
        guard let sharing = self.registry.sharing, let record = self.chainRecord(sharing) else { return }
        sharing.add(.write(self.chainKey(token), record, for: sharing.openValidity))
    }

    /// The client has been given another token.
    func unshare(_ token: String) {
        self.registry.sharing?.add(.forget(self.chainKey(token), isUsed: false))
    }

    /// The connection lives: its record is renewed with a few of its pings.
    func renewRecord(with ping: UInt64) {
        guard let token = self.lineage.token, let sharing = self.registry.sharing,
            sharing.isRenewed(self.identity.connection, with: ping), self.registry.reconnects.knows(token),
            let record = self.chainRecord(sharing)
        else { return }
        sharing.add(.keep(self.chainKey(token), record, for: sharing.openValidity))
    }

    /// The connection has ended: from now on its record is valid for the window.
    func shareEnd(of token: String) {
        guard let sharing = self.registry.sharing, let record = self.chainRecord(sharing) else { return }
        sharing.add(.keep(self.chainKey(token), record, for: sharing.window))
    }

    private func chainKey(_ token: String) -> ChainKey {
        ChainKey(token: token, user: self.identity.isAnonymous ? nil : self.identity.user)
    }

    private func chainRecord(_ sharing: ChainSharing) -> ChainRecord? {
        guard let user = self.identity.user else { return nil }
        return ChainRecord(
            connection: self.identity.connection,
            instance: self.registry.instance,
            origin: sharing.origin,
            place: self.lineage.place,
            user: self.identity.isAnonymous ? user : nil,
            window: sharing.window
        )
    }
}

extension SessionRegistry {
    /// The shared chains have answered a claim.
    ///
    /// Where nobody waits for it any more, the token was not used: it can be brought again.
    fileprivate func answered(_ claim: ChainClaim, _ answer: ChainAnswer) {
        if let session = self.session(of: claim.handle), session.isAwaiting(.claim(claim.number)) {
            session.answered(claim, answer)
        } else if case .claimed(let record, _) = answer {
            self.sharing?.add(.giveBack(claim.key, record))
            self.log.write(
                SessionEvent.resumeLate,
                [
                    (.connectionId, .text(claim.connection.text)),
                    (.earlierConnectionId, .text(record.connection.text)),
                    (.earlierInstance, .text(record.instance)),
                    (.place, .integer(Int64(record.place) + 1)),
                ]
            )
        }
    }
}
