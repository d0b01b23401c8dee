import Instruments
import Messaging

/// What the broker counts, and what it knows about the fleet.
struct BrokerMetricSource: MetricSource {
    let broker: any Broker

    var families: [MetricFamily] { BrokerMetrics.all + FleetMetrics.all }

    func measure(into measurements: inout Measurements) async {
        BrokerMetrics.record(self.broker, into: &measurements)
        FleetMetrics.record(self.broker.fleet, into: &measurements)
    }
}
