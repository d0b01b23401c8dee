import Instruments
import Messaging
import Reactor

/// Which earlier connection this one continues, and how the next one can continue it.
struct Lineage {
    /// The resume token in the handshake of a client without a name.
    var offered: String?
    /// The secret that the client was given.
    var token: String?
    // Every session has these, so they are no wider than they must be.
    private var unsettledNanoseconds: Int64 = -1
    private var chainPlace: UInt32 = 0
    /// A `connect` has been accepted, so another one is a mistake.
    var isConnected = false

    /// A named user's return without a token, not counted yet: a first `connect` may still bring one.
    var unsettledReturn: Duration? {
        get { self.unsettledNanoseconds < 0 ? nil : .nanoseconds(self.unsettledNanoseconds) }
        set { self.unsettledNanoseconds = newValue.map { max(0, $0.wholeNanoseconds) } ?? -1 }
    }

    /// Its place in the chain: 0 for a first connection.
    var place: Int {
        get { Int(self.chainPlace) }
        set { self.chainPlace = UInt32(clamping: newValue) }
    }
}

extension Session {
    /// The client will not bring a token any more.
    func settleReturn() {
        guard let gap = self.lineage.unsettledReturn else { return }
        self.lineage.unsettledReturn = nil
        self.hasReturned = true
        self.registry.countReconnect(self.identity.protocolName, .fresh, .sameInstance, gap: gap)
    }

    /// Notes that the user was here a short while ago.
    func noteReturn(of user: UserID) {
        guard !self.identity.isAnonymous else { return }
        self.lineage.unsettledReturn = self.registry.reconnects.returning(
            user,
            self.identity.protocolName,
            at: self.registry.loop.now
        )
        if !self.traits.isWelcomed {
            self.settleReturn()
        }
    }

    /// Welcomes a client whose handshake said who it is, where its language has words for that; others are welcomed
    /// when they have connected.
    ///
    /// - Parameter resume: The token of an earlier connection, from the URL.
    package func greet(resuming resume: String?) {
        if self.state == .unnamed {
            self.lineage.offered = resume
        } else if self.traits.isWelcomed {
            self.welcome(resuming: resume)
        }
    }

    /// Tells a client who it is, and the secret with which it can come back.
    ///
    /// - Parameter resume: The token of an earlier connection, from the URL or a first `connect`. The welcome waits
    ///   until it is known whether it counts.
    func welcome(resuming resume: String?) {
        guard self.identity.user != nil else { return }
        guard let resume else {
            self.welcome(isResumed: false)
            return
        }
        self.lineage.unsettledReturn = nil
        self.claim(resume)
    }

    /// It is known whether the token that the client brought continues a chain.
    func reconnected(_ earlier: Earlier?) {
        self.hasReturned = true
        self.registry.countReconnect(
            self.identity.protocolName,
            earlier == nil ? .fresh : .resumed,
            earlier?.origin ?? .unknown,
            gap: earlier?.back.gap
        )
        if let earlier {
            // An anonymous client that resumes is the user that it was.
            self.identity = self.identity.resumed(earlier.back.user)
            self.lineage.place = earlier.back.place
            self.log(
                .resumed,
                [
                    (.earlierConnectionId, .text(earlier.back.connection.text)),
                    (.earlierInstance, .text(earlier.instance)),
                    (.place, .integer(Int64(earlier.back.place))),
                ] + (earlier.back.gap.map { [(.durationMs, .integer($0.wholeMilliseconds))] } ?? [])
            )
        }
        self.welcome(isResumed: earlier != nil)
    }

    private func welcome(isResumed: Bool) {
        guard let user = self.identity.user else { return }
        if let old = self.lineage.token {
            self.registry.reconnects.revoke(old)
            self.unshare(old)
        }
        let token = self.registry.makeToken()
        self.lineage.token = token
        self.registry.reconnects.issue(
            token,
            to: user,
            isAnonymous: self.identity.isAnonymous,
            on: self.identity.connection,
            place: self.lineage.place
        )
        self.share(token)
        self.output.send(
            .welcome(
                Welcome(
                    connection: self.identity.connection,
                    user: user,
                    resume: token,
                    resumed: isResumed,
                    instance: self.registry.instance,
                    heartbeatMilliseconds: Int(self.registry.settings.heartbeatInterval.wholeMilliseconds)
                )
            )
        )
    }

    func rememberEnd(_ ending: Ending, of user: UserID) {
        self.settleReturn()
        let leftForGood = ending.initiator == .client && ending.code == 1000
        let isForgotten = leftForGood || self.identity.isAnonymous
        let token = self.lineage.token
        guard token != nil || !isForgotten else { return }
        let canResume = self.registry.reconnects.ended(
            token: token,
            user: isForgotten ? nil : user,
            self.identity.protocolName,
            at: self.registry.loop.now
        )
        if let token, canResume {
            self.shareEnd(of: token)
        }
    }
}
