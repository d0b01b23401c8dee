package import Instruments
import Messaging
package import Reactor
package import Sessions
import WebSocket

/// What the WebSocket connections of one event loop share.
package final class WebSocketHost {
    package let loop: EventLoop
    package let registry: SessionRegistry
    package let settings: TransportSettings
    let frames = FrameEncoder(role: .server)
    package private(set) var rejected = PerCase<HandshakeRejection, UInt64>(repeating: 0)
    /// Set once the instance takes nobody in any more.
    package var isDraining = false
    /// The text of the answer at hand and its frame; used again by every connection.
    var text: [UInt8] = []
    var frame: [UInt8] = []
    /// Publishers that are not read while the instance's send queues are too full.
    private var paused: [ConnectionHandle] = []

    package init(loop: EventLoop, registry: SessionRegistry, settings: TransportSettings) {
        self.loop = loop
        self.registry = registry
        self.settings = settings
    }

    func countRejected(_ reason: HandshakeRejection) {
        self.rejected[reason] += 1
    }

    /// Makes a publisher wait while the instance holds too much that is unsent.
    func holdBack(_ publisher: ConnectionHandle) {
        guard self.loop.hasQueuePressure else { return }
        self.loop.pauseReading(publisher)
        self.paused.append(publisher)
    }
}

extension WebSocketHost: PressureObserver {
    package func pressureChanged(_ hasPressure: Bool) {
        guard !hasPressure else { return }
        let paused = self.paused
        self.paused = []
        for publisher in paused {
            self.loop.resumeReading(publisher)
        }
    }
}

@available(*, unavailable) extension WebSocketHost: Sendable {}
