import Instruments
import Messaging

/// What the broker counts.
struct BrokerMetricSource: MetricSource {
    let broker: any Broker

    var families: [MetricFamily] { BrokerMetrics.all }

    func measure(into measurements: inout Measurements) async {
        BrokerMetrics.record(self.broker, into: &measurements)
    }
}
