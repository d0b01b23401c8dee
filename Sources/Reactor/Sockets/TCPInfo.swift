/// What the kernel knows of a TCP connection (`TCP_INFO`).
package struct TCPInfo: Sendable, Equatable {
    package let rtt: Duration
    package let rttVariance: Duration
    package let minimumRTT: Duration
    package let retransmits: UInt32
    package let unacknowledgedSegments: UInt32
    /// Taken by the kernel and not sent yet.
    package let notSentBytes: UInt32
}
