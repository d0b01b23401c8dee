import Notation

/// The place of one message among all messages that one origin published to one room.
///
/// The numbers of one origin, room and epoch start at 1 and are published in order, without holes unless a publication
/// is refused.
package struct BusStamp: Hashable, Sendable {
    package let origin: BusOrigin
    package let epoch: BusEpoch
    package let number: UInt64

    package init(origin: BusOrigin, epoch: BusEpoch, number: UInt64) {
        self.origin = origin
        self.epoch = epoch
        self.number = number
    }
}

/// How far an origin has come in an epoch, announced after everything it had handed to the broker.
package struct BusTail: Hashable, Sendable {
    package let epoch: BusEpoch
    /// Everything up to here was accepted by the broker: a subscriber that did not get it has lost it.
    ///
    /// 0 if nothing was.
    package let accepted: UInt64
    /// Everything up to here was sent before the announcement, and what follows has a higher number.
    package let sent: UInt64

    package init(epoch: BusEpoch, accepted: UInt64, sent: UInt64) {
        self.epoch = epoch
        self.accepted = accepted
        self.sent = sent
    }
}

/// Identifies one process for its lifetime: 128 bits drawn at its start, never the instance's name.
package struct BusOrigin: Hashable, Sendable, CustomStringConvertible {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    package static func random() -> BusOrigin {
        BusOrigin(high: .random(in: 0...UInt64.max), low: .random(in: 0...UInt64.max))
    }

    /// 32 hexadecimal digits.
    package var description: String {
        self.high.padded(to: 16, radix: 16) + self.low.padded(to: 16, radix: 16)
    }
}
