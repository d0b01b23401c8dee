import Instruments
import Reactor

/// What the kernel said about a connection's path when it was asked last.
package struct KernelReading: Sendable, Equatable {
    /// The kernel's smoothed round trip time, in microseconds.
    package var roundTrip: UInt32
    /// Segments sent again since the connection began.
    package var retransmits: UInt32

    init(roundTrip: UInt32, retransmits: UInt32) {
        self.roundTrip = roundTrip
        self.retransmits = retransmits
    }

    init(_ facts: TCPInfo) {
        self.roundTrip = UInt32(clamping: facts.rtt.wholeNanoseconds / 1000)
        self.retransmits = facts.retransmits
    }
}

/// Where a connection's totals stood when the series were told last, and what the kernel said.
///
/// Every connection has one, idle or not, so it is 32 bytes: a count has as many bits as it can grow by between two
/// passes, which are ten seconds apart at most. Of bytes these are 36: 64 GiB.
struct SlotReading {
    private struct Flags: OptionSet {
        let rawValue: UInt8

        static let hasBeenTold = Flags(rawValue: 1 << 0)
        static let hasToldReturn = Flags(rawValue: 1 << 1)
        static let hasSeenWindowEnd = Flags(rawValue: 1 << 2)
        static let hasKernelReading = Flags(rawValue: 1 << 3)
    }

    private static let byteMask: UInt64 = (1 << 36) - 1

    private var sentLow: UInt32 = 0
    private var receivedLow: UInt32 = 0
    private var messagesSent: UInt32 = 0
    private var messagesReceived: UInt32 = 0
    private var dropped: UInt32 = 0
    private var kernelRoundTrip: UInt32 = 0
    private var kernelRetransmits: UInt32 = 0
    private var retransmits: UInt16 = 0
    /// The four bits above the lower 32: of bytes sent in the upper half, of bytes received in the lower half.
    private var highs: UInt8 = 0
    private var flags: Flags = []

    /// The series have never been told of it.
    var isNew: Bool { !self.flags.contains(.hasBeenTold) }
    /// No window has ended since it was opened.
    var isInFirstWindow: Bool { !self.flags.contains(.hasSeenWindowEnd) }

    mutating func noteWindowEnd() {
        self.flags.insert(.hasSeenWindowEnd)
    }

    /// `nil` until the kernel has been asked.
    var kernel: KernelReading? {
        get {
            guard self.flags.contains(.hasKernelReading) else { return nil }
            return KernelReading(roundTrip: self.kernelRoundTrip, retransmits: self.kernelRetransmits)
        }
        set {
            guard let newValue else { return }
            self.flags.insert(.hasKernelReading)
            self.kernelRoundTrip = newValue.roundTrip
            if newValue.retransmits < self.kernelRetransmits {
                // Another socket is in the place of the one before.
                self.retransmits = 0
            }
            self.kernelRetransmits = newValue.retransmits
        }
    }

    private var bytesSent: UInt64 { UInt64(self.highs >> 4) << 32 | UInt64(self.sentLow) }
    private var bytesReceived: UInt64 { UInt64(self.highs & 15) << 32 | UInt64(self.receivedLow) }

    /// Whether anything has passed that the series have not been told.
    func hasNews(_ totals: Traffic) -> Bool {
        self.isNew || totals.bytesSent & Self.byteMask != self.bytesSent
            || totals.bytesReceived & Self.byteMask != self.bytesReceived
            || UInt32(truncatingIfNeeded: totals.messagesReceived) != self.messagesReceived
            || UInt32(truncatingIfNeeded: totals.dropped) != self.dropped
            || UInt16(truncatingIfNeeded: self.kernelRetransmits) != self.retransmits
    }

    /// What has passed since `tell` was called last.
    func news(_ totals: Traffic, hasReturned: Bool) -> Traffic {
        var news = Traffic()
        news.bytesSent = (totals.bytesSent &- self.bytesSent) & Self.byteMask
        news.bytesReceived = (totals.bytesReceived &- self.bytesReceived) & Self.byteMask
        news.messagesSent = UInt64(UInt32(truncatingIfNeeded: totals.messagesSent) &- self.messagesSent)
        news.messagesReceived = UInt64(UInt32(truncatingIfNeeded: totals.messagesReceived) &- self.messagesReceived)
        news.dropped = UInt64(UInt32(truncatingIfNeeded: totals.dropped) &- self.dropped)
        news.retransmits = UInt64(UInt16(truncatingIfNeeded: self.kernelRetransmits) &- self.retransmits)
        news.reconnects = hasReturned && !self.flags.contains(.hasToldReturn) ? 1 : 0
        return news
    }

    /// The same, and from here on it is known.
    mutating func tell(_ totals: Traffic, hasReturned: Bool) -> Traffic {
        let news = self.news(totals, hasReturned: hasReturned)
        self.sentLow = UInt32(truncatingIfNeeded: totals.bytesSent)
        self.receivedLow = UInt32(truncatingIfNeeded: totals.bytesReceived)
        self.highs =
            UInt8(truncatingIfNeeded: totals.bytesSent >> 32) << 4
            | UInt8(truncatingIfNeeded: totals.bytesReceived >> 32) & 15
        self.messagesSent = UInt32(truncatingIfNeeded: totals.messagesSent)
        self.messagesReceived = UInt32(truncatingIfNeeded: totals.messagesReceived)
        self.dropped = UInt32(truncatingIfNeeded: totals.dropped)
        self.retransmits = UInt16(truncatingIfNeeded: self.kernelRetransmits)
        self.flags.insert(.hasBeenTold)
        if hasReturned {
            self.flags.insert(.hasToldReturn)
        }
        return news
    }
}
