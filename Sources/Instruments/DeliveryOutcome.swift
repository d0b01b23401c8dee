/// What became of one message for one recipient: the list shared by counters, logs, spans, the ledger and explain.
///
/// For each publication, expected recipients = all outcomes + pending.
package enum DeliveryOutcome: UInt8, Vocabulary {
    /// The kernel has taken the last byte of the frame.
    case written
    /// It did not fit the recipient's send queue, or the slow-consumer policy removed it from the queue.
    case droppedSlowConsumer
    /// It was still in the send queue when the connection ended.
    case closedBeforeWrite
    /// The kernel refused the bytes.
    case writeError
    /// The recipient is the publisher, which asked for no echo.
    case senderExcluded
    /// The recipient's own filter did not let it through.
    case filtered

    package var label: String {
        switch self {
        case .written: "written"
        case .droppedSlowConsumer: "dropped_slow_consumer"
        case .closedBeforeWrite: "closed_before_write"
        case .writeError: "write_error"
        case .senderExcluded: "sender_excluded"
        case .filtered: "filtered"
        }
    }
}
