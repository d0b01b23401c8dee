package import Instruments

/// The series of single users and connections.
package struct CensusMetricSource: MetricSource {
    /// A loop that is late must not keep a scrape waiting: it is shown as it was.
    private static let patience = Duration.milliseconds(250)

    private let census: Census
    private let refresh: Inquiry<Void>

    package init(_ census: Census) {
        self.census = census
        self.refresh = Inquiry { answer in
            // Owned by nobody, since a loop that is stuck may never answer.
            Task {
                await census.refresh()
                answer(())
            }
            return true
        }
    }

    package var families: [MetricFamily] { CensusMetrics.all }

    package func measure(into measurements: inout Measurements) async {
        _ = await self.refresh.reply(within: Self.patience)
        await self.census.copy().record(into: &measurements)
    }
}
