import Instruments

/// Keeps what it takes.
final class RecordingSink: LogSink {
    let records = Lock<[LogRecord]>([])

    func take(_ record: LogRecord) {
        self.records.withLock { $0.append(record) }
    }
}
