package import Instruments
package import Logging

/// Where swift-log's records go: libraries' lines end in the same writer as our own, as the event `library.message`.
///
/// Of their metadata only what is in our list of fields is kept, since nobody can say what the rest holds.
package struct LibraryLog: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let sink: any LogSink

    /// - Parameter label: The logger's, put before each sentence.
    package init(label: String, threshold: LogLevel, sink: any LogSink) {
        self.label = label
        self.logLevel = threshold.ofLibraries
        self.sink = sink
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    package func log(event: Logging.LogEvent) {
        var metadata = self.metadata
        for more in [self.metadataProvider?.get(), event.metadata] {
            if let more { metadata.merge(more) { $1 } }
        }
        if let error = event.error { metadata["error"] = "\(error)" }
        let values = metadata.compactMap { key, value in
            LogField(rawValue: key).map { ($0, LogValue.text("\(value)")) }
        }
        self.sink.take(
            LogRecord(
                event: ObservabilityEvent.library.rawValue,
                level: event.level.ofOurs,
                message: "\(self.label): \(event.message)",
                values: values
            )
        )
    }
}

extension LogLevel {
    fileprivate var ofLibraries: Logger.Level {
        switch self {
        case .debug: .debug
        case .info: .info
        case .warning: .warning
        case .error: .error
        }
    }
}

extension Logger.Level {
    fileprivate var ofOurs: LogLevel {
        switch self {
        case .trace, .debug: .debug
        case .info, .notice: .info
        case .warning: .warning
        case .error, .critical: .error
        }
    }
}
