import CLinux

/// What the kernel knows of a TCP connection (`TCP_INFO`), all of it about the way to the machine that our packets
/// reach: behind a proxy that is the proxy.
package struct TCPInfo: Sendable, Equatable {
    /// Smoothed as in RFC 6298.
    ///
    /// The other kernel may wait 40 ms, some 200 ms, before it acknowledges what its program does not answer; that is
    /// part of it.
    package var rtt = Duration.zero
    /// The mean deviation of the round trips from `rtt`.
    package var rttVariance = Duration.zero
    /// The shortest round trip of the last minutes (`net.ipv4.tcp_min_rtt_wlen`; 5 by default).
    package var minimumRTT = Duration.zero
    /// Segments sent again since the connection was made.
    package var retransmits: UInt32 = 0
    /// How often in a row the kernel has waited for an acknowledgement in vain; 0 as soon as one comes.
    package var timeoutsInARow: UInt8 = 0
    package var unacknowledgedSegments: UInt32 = 0
    /// Taken by the kernel and not sent yet.
    package var notSentBytes: UInt32 = 0
    /// The size of a full segment.
    package var segmentBytes: UInt32 = 0
    /// What the other kernel last said it has room for, the bytes in flight included; `nil` before Linux 5.4.
    package var windowBytes: UInt32?
    /// Sent and not acknowledged; 0 before Linux 5.4.
    package var inFlightBytes: UInt32 = 0
    /// Since the kernel last sent any of our bytes, again or for the first time.
    package var sinceDataSent = Duration.zero
    /// Since the other kernel last acknowledged anything.
    package var sinceAcknowledgement = Duration.zero

    package init() {}

    init(_ facts: linux_tcp_facts) {
        self.rtt = .microseconds(Int64(facts.rtt_microseconds))
        self.rttVariance = .microseconds(Int64(facts.rtt_variance_microseconds))
        self.minimumRTT = .microseconds(Int64(facts.minimum_rtt_microseconds))
        self.retransmits = facts.retransmits
        self.timeoutsInARow = facts.timeouts_in_a_row
        self.unacknowledgedSegments = facts.unacknowledged_segments
        self.notSentBytes = facts.not_sent_bytes
        self.segmentBytes = facts.segment_bytes
        self.windowBytes = facts.knows_window ? facts.window_bytes : nil
        self.inFlightBytes = facts.in_flight_bytes
        self.sinceDataSent = .milliseconds(Int64(facts.milliseconds_since_data_sent))
        self.sinceAcknowledgement = .milliseconds(Int64(facts.milliseconds_since_acknowledgement))
    }

    /// Whether the other kernel has no room for the next segment, as when its program does not read; `nil` if unknown.
    package var isWindowFull: Bool? {
        let next = min(self.segmentBytes, max(1, self.notSentBytes))
        return self.windowBytes.map { UInt64($0) < UInt64(self.inFlightBytes) + UInt64(next) }
    }
}
