import Instruments
import Reactor

/// How fast something passes over a connection, per second.
package struct TrafficRates: Sendable, Equatable {
    package var messagesReceived: Float = 0
    package var messagesSent: Float = 0
    package var bytesReceived: Float = 0
    package var bytesSent: Float = 0

    package init() {}
}

extension Float {
    /// To a thousandth; lists are sorted by what is shown.
    package var roundedForPeople: Double { (Double(self) * 1000).rounded() / 1000 }
}

/// What the kernel said about a connection's path when it was asked last.
package struct KernelReading: Sendable, Equatable {
    /// The kernel's smoothed round trip time, in microseconds.
    package var roundTrip: UInt32
    /// Segments sent again since the connection began.
    package var retransmits: UInt32
    /// Taken by the kernel, and not sent yet.
    package var unsentBytes: UInt32

    init(roundTrip: UInt32, retransmits: UInt32, unsentBytes: UInt32) {
        self.roundTrip = roundTrip
        self.retransmits = retransmits
        self.unsentBytes = unsentBytes
    }

    init(_ facts: TCPInfo) {
        self.roundTrip = UInt32(clamping: facts.rtt.wholeNanoseconds / 1000)
        self.retransmits = facts.retransmits
        self.unsentBytes = facts.notSentBytes
    }
}

/// What the passes over all connections remember of one.
///
/// Every connection has one, so counts that cannot grow by more than 32 bits between two passes are kept in 32 bits.
struct SlotReading {
    /// Totals as they were when the series were told last.
    private var bytesSent: UInt64 = 0
    private var bytesReceived: UInt64 = 0
    private var messagesSent: UInt32 = 0
    private var messagesReceived: UInt32 = 0
    private var dropped: UInt32 = 0
    private var retransmits: UInt32 = 0
    /// Totals as they were when the window began.
    private var windowBytesSent: UInt32 = 0
    private var windowBytesReceived: UInt32 = 0
    private var windowMessagesSent: UInt32 = 0
    private var windowMessagesReceived: UInt32 = 0
    private var windowDroppedBefore: UInt32 = 0
    /// In the last window that is over.
    private(set) var rates = TrafficRates()
    private(set) var droppedInWindow: UInt32 = 0
    private var kernelRoundTrip: UInt32 = 0
    private var kernelRetransmits: UInt32 = 0
    private var kernelUnsent: UInt32 = 0
    /// Its window was never measured, so it began when the connection was opened.
    private(set) var isInFirstWindow = true
    /// The series have never been told of it.
    private(set) var isNew = true
    private var hasKernelReading = false
    /// Whether the series have been told that the client came back.
    private var hasToldReturn = false

    /// `nil` until the kernel has been asked.
    var kernel: KernelReading? {
        get {
            guard self.hasKernelReading else { return nil }
            return KernelReading(
                roundTrip: self.kernelRoundTrip,
                retransmits: self.kernelRetransmits,
                unsentBytes: self.kernelUnsent
            )
        }
        set {
            guard let newValue else { return }
            self.hasKernelReading = true
            self.kernelRoundTrip = newValue.roundTrip
            self.kernelRetransmits = newValue.retransmits
            self.kernelUnsent = newValue.unsentBytes
        }
    }

    /// Whether anything has passed that the series have not been told.
    func hasNews(_ totals: Traffic) -> Bool {
        self.isNew || totals.bytesSent != self.bytesSent || totals.bytesReceived != self.bytesReceived
            || UInt32(truncatingIfNeeded: totals.messagesReceived) != self.messagesReceived
            || UInt32(truncatingIfNeeded: totals.dropped) != self.dropped
            || self.kernelRetransmits != self.retransmits
    }

    /// What has passed since this was called last.
    mutating func tell(_ totals: Traffic, hasReturned: Bool) -> Traffic {
        var news = Traffic()
        news.bytesSent = totals.bytesSent - self.bytesSent
        news.bytesReceived = totals.bytesReceived - self.bytesReceived
        news.messagesSent = UInt64(UInt32(truncatingIfNeeded: totals.messagesSent) &- self.messagesSent)
        news.messagesReceived = UInt64(UInt32(truncatingIfNeeded: totals.messagesReceived) &- self.messagesReceived)
        news.dropped = UInt64(UInt32(truncatingIfNeeded: totals.dropped) &- self.dropped)
        // The kernel's count may start over with another socket.
        news.retransmits = UInt64(self.kernelRetransmits - min(self.retransmits, self.kernelRetransmits))
        news.reconnects = hasReturned && !self.hasToldReturn ? 1 : 0
        self.bytesSent = totals.bytesSent
        self.bytesReceived = totals.bytesReceived
        self.messagesSent = UInt32(truncatingIfNeeded: totals.messagesSent)
        self.messagesReceived = UInt32(truncatingIfNeeded: totals.messagesReceived)
        self.dropped = UInt32(truncatingIfNeeded: totals.dropped)
        self.retransmits = self.kernelRetransmits
        self.hasToldReturn = self.hasToldReturn || hasReturned
        self.isNew = false
        return news
    }

    /// Whether anything passed in the last window.
    var wasBusy: Bool {
        self.rates.bytesReceived > 0 || self.rates.bytesSent > 0 || self.droppedInWindow > 0
    }

    /// Per second, in the last window or, before the first is over, since the connection was opened.
    func rates(of totals: Traffic, after lasted: Duration) -> TrafficRates {
        guard self.isInFirstWindow else { return self.rates }
        let seconds = max(1, Float(lasted.inSeconds))
        var rates = TrafficRates()
        rates.messagesReceived = Float(totals.messagesReceived) / seconds
        rates.messagesSent = Float(totals.messagesSent) / seconds
        rates.bytesReceived = Float(totals.bytesReceived) / seconds
        rates.bytesSent = Float(totals.bytesSent) / seconds
        return rates
    }

    /// Ends a window: from here on the rates are those of this one.
    mutating func endWindow(_ totals: Traffic, after seconds: Float) {
        func rate(_ total: UInt64, _ before: inout UInt32) -> Float {
            let now = UInt32(truncatingIfNeeded: total)
            defer { before = now }
            return Float(now &- before) / max(seconds, 0.001)
        }
        self.rates.messagesReceived = rate(totals.messagesReceived, &self.windowMessagesReceived)
        self.rates.messagesSent = rate(totals.messagesSent, &self.windowMessagesSent)
        self.rates.bytesReceived = rate(totals.bytesReceived, &self.windowBytesReceived)
        self.rates.bytesSent = rate(totals.bytesSent, &self.windowBytesSent)
        self.droppedInWindow = UInt32(truncatingIfNeeded: totals.dropped) &- self.windowDroppedBefore
        self.windowDroppedBefore = UInt32(truncatingIfNeeded: totals.dropped)
        self.isInFirstWindow = false
    }
}
