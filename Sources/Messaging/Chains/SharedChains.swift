/// The chains of connections that a fleet shares, so that a client can resume on any instance.
///
/// Each is kept under the key of the newest connection's resume token and can be claimed once: of several claims, at
/// whichever instances, one gets it. What is asked for is carried out in order.
package protocol SharedChains: AnyObject, Sendable {
    /// This process, as records name it.
    var origin: BusOrigin { get }
    /// Whether a claim would be answered now. Cheap; called from any thread.
    var canClaim: Bool { get }
    /// Called from any thread. What cannot be carried out is dropped, except that every claim is answered.
    func carryOut(_ requests: [ChainRequest])
}

/// What an instance asks of the chains that it shares with others.
package enum ChainRequest: Sendable {
    /// A token has been given out: its record is valid for so long.
    case write(ChainKey, ChainRecord, for: Duration)
    /// The record is valid for so long from now on, and is written again if it got lost. If the token has been claimed,
    /// it stays so. No longer than the record's window means: its connection has ended.
    case keep(ChainKey, ChainRecord, for: Duration)
    /// The token does not count any more: because it was used without asking here, or will not be.
    case forget(ChainKey, isUsed: Bool)
    /// The answer is called once, on any thread.
    case claim(ChainKey, answer: @Sendable (ChainAnswer) -> Void)
    /// A claim was answered, but nobody was there any more: the token may be claimed again.
    case giveBack(ChainKey, ChainRecord)
}

/// What became of a claim.
package enum ChainAnswer: Hashable, Sendable {
    /// It is the claimer's.
    ///
    /// `gap`: the time since the end of the connection; `nil` if it was not seen to end.
    case claimed(ChainRecord, gap: Duration?)
    /// Another claim has got it.
    case taken
    /// There is no such record, or its time is over.
    case unknown
    /// The record cannot be asked for now.
    case unavailable
}
