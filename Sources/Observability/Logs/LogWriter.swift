import Foundation
import Glibc
package import Instruments

/// Takes log records from any thread and writes them as lines on its own thread.
///
/// `take` puts the record into a bounded ring and returns; the thread makes the text and writes it. While the reader of
/// the output stalls, lines that do not fit are dropped and counted, and a `log.dropped` line says how many once the
/// output flows again. If the output is closed or broken, lines are dropped too, and nothing else happens.
package final class LogWriter: LogSink {
    private struct State: Sendable {
        var ring: LogRing
        var limits: LogLimits
        var isWriterWaiting = false
        /// Set once by `finish`: until this time the last lines may wait for the reader.
        var deadline: ContinuousClock.Instant?
    }

    private enum Turn {
        case write(LogRing.Batch, [LogLimits.Omission])
        case wait(until: ContinuousClock.Instant?)
        case end
    }

    private let format: LogFormat
    private let instance: Lock<String>
    private let state: Lock<State>
    private let work = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// Starts the thread, which lives until `finish`.
    ///
    /// - Parameters:
    ///   - instance: The name of this process in each line.
    ///   - descriptor: It is duplicated; the caller keeps its own.
    ///   - lines: How many lines may wait.
    ///   - bytes: How many bytes of text may wait, before escaping.
    ///   - limitWindow: The time in which an event with a limit may fill it once.
    package init(
        format: LogFormat,
        instance: String,
        descriptor: Int32 = STDOUT_FILENO,
        lines: Int = 8192,
        bytes: Int = 4 * 1024 * 1024,
        limitWindow: Duration = .seconds(10)
    ) {
        self.format = format
        self.instance = Lock(instance)
        let ring = LogRing(bounds: LogRing.Bounds(lines: lines, bytes: bytes))
        self.state = Lock(State(ring: ring, limits: LogLimits(length: limitWindow)))
        // If the reader is gone, `write` must fail instead of ending the process.
        signal(SIGPIPE, SIG_IGN)
        let output = LogOutput.duplicate(descriptor)
        let thread = Thread { self.run(writingTo: LogOutput(owning: output)) }
        thread.name = "log"
        thread.start()
    }

    /// Gives the process another name from now on: it may depend on a port that was not known at first.
    package func rename(_ instance: String) {
        self.instance.withLock { $0 = instance }
    }

    /// Lines that were never written, since the start.
    package var linesDropped: UInt64 {
        self.state.withLock { $0.ring.droppedInAll }
    }

    package func take(_ record: LogRecord) {
        let line = LogRing.Line(record: record, time: .now())
        let wasWaiting = self.state.withLock { state in
            guard state.deadline == nil else {
                state.ring.drop(1)
                return false
            }
            switch state.limits.judge(record) {
            case .write: state.ring.add(line)
            case .omitFirst: break
            case .omit: return false
            }
            return exchange(&state.isWriterWaiting, with: false)
        }
        if wasWaiting { self.work.signal() }
    }

    /// Writes the waiting lines and ends the thread; lines that cannot be written within `limit` are dropped.
    ///
    /// Blocks the caller for at most that long. Later records are dropped and counted.
    package func finish(within limit: Duration = .seconds(1)) {
        let deadline = ContinuousClock.now + limit
        let wasWaiting = self.state.withLock { state in
            state.deadline = state.deadline ?? deadline
            return exchange(&state.isWriterWaiting, with: false)
        }
        if wasWaiting { self.work.signal() }
        if self.ended.wait(timeout: .now() + .nanoseconds(Int(clamping: limit.wholeNanoseconds))) == .success {
            // In case it is called again.
            self.ended.signal()
        }
    }

    private func run(writingTo output: consuming LogOutput) {
        var page = LogPage(format: self.format, instance: self.instance.withLock { $0 })
        turns: while true {
            let turn = self.state.withLock { state -> Turn in
                let now = ContinuousClock.now
                let isEnding = state.deadline != nil
                let omissions = isEnding ? state.limits.takeAllOmissions() : state.limits.takeOmissions(until: now)
                if !state.ring.isEmpty || !omissions.isEmpty, state.deadline.map({ now < $0 }) ?? true {
                    return .write(state.ring.takeAll(), omissions)
                }
                guard !isEnding else {
                    state.ring.drop(UInt64(state.ring.takeAll().lines.count))
                    return .end
                }
                state.isWriterWaiting = true
                return .wait(until: state.limits.nextTelling)
            }
            switch turn {
            case .write(let batch, let omissions):
                page.instance = self.instance.withLock { $0 }
                self.write(batch, omissions, on: &page, to: output)
            case .wait(nil): self.work.wait()
            case .wait(let instant?): self.wait(until: instant)
            case .end: break turns
            }
        }
        // Closed before anybody is told, so that a reader sees the end.
        _ = consume output
        self.ended.signal()
    }

    /// Waits for work, but no longer than until lines that were left out are to be told of.
    private func wait(until instant: ContinuousClock.Instant) {
        let left = (instant - .now).wholeNanoseconds
        guard self.work.wait(timeout: .now() + .nanoseconds(Int(clamping: max(0, left)))) == .timedOut else { return }
        // Whoever has brought work in this very moment signals nevertheless.
        let isSignalled = self.state.withLock { !exchange(&$0.isWriterWaiting, with: false) }
        if isSignalled { self.work.wait() }
    }

    private func write(
        _ batch: LogRing.Batch,
        _ omissions: [LogLimits.Omission],
        on page: inout LogPage,
        to output: borrowing LogOutput
    ) {
        for line in batch.lines {
            page.add(line)
            if page.isFull { self.writeOut(&page, to: output) }
        }
        for omission in omissions {
            page.addOmitted(omission, at: .now())
        }
        page.addDropped(batch.dropped, at: .now())
        self.writeOut(&page, to: output)
    }

    private func writeOut(_ page: inout LogPage, to output: borrowing LogOutput) {
        let outcome = output.write(page.bytes) {
            self.state.withLock { state in state.deadline.map { .now < $0 } ?? true }
        }
        switch outcome {
        case .written: page.clear()
        case .failed(let count), .gaveUp(let count):
            let lost = page.clear(taken: count)
            self.state.withLock { state in
                state.ring.drop(lost.lines)
                state.ring.tellAgain(lost.told)
            }
        }
    }
}
