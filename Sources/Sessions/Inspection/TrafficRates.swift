import Instruments

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

extension TrafficRates {
    init(_ traffic: Traffic, in seconds: Float) {
        self.messagesReceived = Float(traffic.messagesReceived) / seconds
        self.messagesSent = Float(traffic.messagesSent) / seconds
        self.bytesReceived = Float(traffic.bytesReceived) / seconds
        self.bytesSent = Float(traffic.bytesSent) / seconds
    }
}
