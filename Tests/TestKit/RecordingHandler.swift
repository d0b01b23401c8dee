package import Reactor

/// Records what it is told; a test can add what else it does.
package final class RecordingHandler: SocketHandler {
    package enum Heard: Equatable {
        case connected
        case inputEnded
        case inputCut
        case drained
        case timerFired
        case overflowed(SocketEnding)
        case closed(SocketEnding)
    }

    package private(set) var heard: [Heard] = []
    package private(set) var bytes: [UInt8] = []
    /// How many calls of `received` there were.
    package private(set) var reads = 0
    package private(set) var final: ConnectionCounters?
    package private(set) var drops: [DropChange] = []
    /// How many of the lent bytes are used; all of them by default.
    ///
    /// Only the used ones are recorded.
    package var use: ((RecordingHandler, ConnectionHandle, [UInt8]) -> Int)?
    package var onConnected: ((ConnectionHandle) -> Void)?
    package var onInputEnded: ((ConnectionHandle) -> Void)?
    package var onDrained: ((ConnectionHandle) -> Void)?
    package var onTimer: ((ConnectionHandle) -> Void)?
    package var onOverflowed: ((ConnectionHandle, SocketEnding) -> Void)?
    package var onClosed: ((ConnectionHandle, SocketEnding) -> Void)?

    package init() {}

    package var text: String {
        String(decoding: self.bytes, as: UTF8.self)
    }

    package var ending: SocketEnding? {
        for case .closed(let ending) in self.heard {
            return ending
        }
        return nil
    }

    package var isClosed: Bool {
        self.ending != nil
    }

    package func connected(_ connection: ConnectionHandle) {
        self.heard.append(.connected)
        self.onConnected?(connection)
    }

    package func received(_ bytes: inout MutableSpan<UInt8>, on connection: ConnectionHandle) -> Int {
        self.reads += 1
        var copy: [UInt8] = []
        copy.reserveCapacity(bytes.count)
        for index in bytes.indices {
            copy.append(bytes[index])
        }
        let used = self.use?(self, connection, copy) ?? copy.count
        self.bytes += copy.prefix(used)
        return used
    }

    package func inputEnded(_ connection: ConnectionHandle) {
        self.heard.append(.inputEnded)
        if let onInputEnded = self.onInputEnded {
            onInputEnded(connection)
        } else {
            EventLoop.current?.finish(connection, timeout: .seconds(5), ending: .peerClosed)
        }
    }

    package func inputCut(_ connection: ConnectionHandle) {
        self.heard.append(.inputCut)
        EventLoop.current?.finish(connection, timeout: .seconds(5), ending: .peerClosed)
    }

    package func drained(_ connection: ConnectionHandle) {
        self.heard.append(.drained)
        self.onDrained?(connection)
    }

    package func dropsChanged(_ connection: ConnectionHandle, _ change: DropChange) {
        self.drops.append(change)
    }

    package func timerFired(_ connection: ConnectionHandle) {
        self.heard.append(.timerFired)
        self.onTimer?(connection)
    }

    package func overflowed(_ connection: ConnectionHandle, _ ending: SocketEnding) {
        self.heard.append(.overflowed(ending))
        if let onOverflowed = self.onOverflowed {
            onOverflowed(connection, ending)
        } else {
            EventLoop.current?.close(connection, ending)
        }
    }

    package func closed(_ connection: ConnectionHandle, _ ending: SocketEnding, _ final: ConnectionCounters) {
        self.heard.append(.closed(ending))
        self.final = final
        self.onClosed?(connection, ending)
        // A test's closures keep the handler alive, or the loop that holds it.
        self.use = nil
        self.onConnected = nil
        self.onInputEnded = nil
        self.onDrained = nil
        self.onTimer = nil
        self.onOverflowed = nil
        self.onClosed = nil
    }
}
