import Foundation
import Messaging
import TestKit
import Testing

@testable import RedisBroker

/// Both sides of the bus against a model of it: what is counted is what was lost, and only that.
///
/// `ATALAYA_MODEL_SEEDS` says how many seeds are tried, where the usual few are not enough.
@Suite struct BusModelTests {
    private static let seeds: [UInt64] = {
        let more = Int(ProcessInfo.processInfo.environment["ATALAYA_MODEL_SEEDS"] ?? "") ?? 1
        return SeededGenerator.seeds(always: 1, 2, 3) + (1..<more).map { _ in .random(in: 0 ... .max) }
    }()

    /// Faults, each as a chance in a thousand a step.
    private struct Weather {
        var churn = 0
        var cutSubscriber = 0
        var cutPublisher = 0
        /// Of a connection that is lost to stand again.
        var reopen = 30
        var refuse = 0
        var lose = 0
        var restart = 0
        /// A second or more in which nothing else happens.
        var silence = 3
    }

    private func run(_ model: inout BusModel, steps: Int, _ weather: Weather) {
        for _ in 0..<steps {
            self.step(&model, weather)
        }
        model.settle()
    }

    /// One random step.
    private func step(_ model: inout BusModel, _ weather: Weather) {
        let index = model.anyone()
        if model.chance(weather.churn) {
            let isWanted = model.chance(550)
            let room = model.rooms.randomElement(using: &model.random)!
            model.want(isWanted, room, at: index)
        }
        if model.chance(weather.cutSubscriber) {
            model.cutSubscriber(index)
        }
        if model.chance(weather.cutPublisher) {
            model.cutPublisher(index)
        }
        if model.chance(weather.reopen) {
            model.reopenSubscriber(index)
        }
        if model.chance(weather.reopen) {
            model.reopenPublisher(index)
        }
        if model.chance(weather.restart) {
            model.kill(index)
            model.start(clockError: model.instances[index].clockError)
        }
        if model.chance(weather.silence) {
            model.pass(.milliseconds(Int.random(in: 500...4000, using: &model.random)))
        }
        model.pass(.microseconds(Int.random(in: 0...4000, using: &model.random)))
        model.keepUp(index)
        switch Int.random(in: 0..<12, using: &model.random) {
        case 0...1: model.publish(model.rooms.randomElement(using: &model.random)!, from: index)
        case 2...3: model.serveSubscriber(index)
        case 4...5:
            let refuses = model.chance(weather.refuse)
            model.servePublisher(index, refuses: refuses) { $0.chance(weather.lose) }
        case 6...8: model.read(index)
        case 9: model.readAnswer(index)
        case 10: model.serveLeftBehind(index)
        default: model.examine(index)
        }
    }

    private func model(
        seed: UInt64,
        clockError: UInt64 = 1_000_000,
        isEstablished: Bool = false,
        test: String = #function
    ) -> BusModel {
        let random = SeededGenerator(printing: seed, test: test)
        var model = BusModel(instances: 3, rooms: 4, clockError: clockError, random: random)
        guard isEstablished else { return model }
        for index in model.instances.indices {
            for room in model.rooms {
                model.want(true, room, at: index)
            }
        }
        model.settle()
        return model
    }

    // MARK: - What is expected

    /// Everything that holds whatever happens, and exactness where the origins live to tell.
    private func expectTruth(_ model: BusModel, isExact: Bool = true) {
        for (index, instance) in model.instances.enumerated() {
            for (room, stay) in instance.over {
                self.expectTruth(model, index, room, stay, isSettled: false)
            }
            for (room, stay) in instance.stays {
                self.expectTruth(model, index, room, stay, isSettled: isExact)
            }
        }
    }

    private func expectTruth(_ model: BusModel, _ index: Int, _ room: RoomName, _ stay: BusModel.Stay, isSettled: Bool)
    {
        for (key, truth) in model.truths where key.room == room {
            let delivered = stay.delivered[key] ?? []
            #expect(delivered == delivered.sorted() && Set(delivered).count == delivered.count)
            // What came proves that everything before it was published, and so does what was accepted.
            let top = max(delivered.last ?? 0, truth.accepted.max() ?? 0)
            let missing = Set((1...max(top, 1)).prefix(Int(top))).subtracting(delivered)
            let owed = missing.filter { (truth.carriedOut[$0] ?? 0) > stay.carriedOut || truth.refused.contains($0) }
            let gaps = stay.gaps[key] ?? 0
            #expect(gaps <= owed.count, "instance \(index) \(key): never more than was lost")
            guard isSettled, model.isAlive(key.origin) else { continue }
            if stay.confirmed.isCertainlyBefore(truth.began) {
                #expect(gaps == missing.count, "instance \(index) \(key): all of an epoch that began later is owed")
            } else if let first = stay.baselines[key] {
                #expect(gaps >= missing.count { $0 > first }, "instance \(index) \(key): all behind the first message")
            }
        }
        for (origin, ids) in stay.order {
            let places = Dictionary(uniqueKeysWithValues: model.published[room]![origin]!.enumerated().map { ($1, $0) })
            let order = ids.map { places[$0]! }
            #expect(order == order.sorted(), "instance \(index) \(room): in the order of their publisher")
            #expect(Set(ids).count == ids.count, "instance \(index) \(room): none twice")
        }
    }

    private func sums(_ model: BusModel) -> (gaps: UInt64, delivered: Int, duplicates: UInt64, late: UInt64) {
        let stays = model.instances.flatMap { $0.over.map(\.stay) + Array($0.stays.values) }
        return (
            stays.flatMap(\.gaps.values).reduce(0, +), stays.flatMap(\.delivered.values).map(\.count).reduce(0, +),
            model.instances.map(\.duplicates).reduce(0, +), model.instances.map(\.late).reduce(0, +)
        )
    }

    // MARK: - The weathers

    @Test(arguments: seeds)
    func `rooms that come and go are never counted as loss`(seed: UInt64) {
        var model = self.model(seed: seed)
        self.run(&model, steps: 10_000, Weather(churn: 80))
        let sums = self.sums(model)
        #expect(sums.gaps == 0 && sums.duplicates == 0 && sums.late == 0)
        #expect(sums.delivered > 500, "the model does something")
        self.expectTruth(model)
    }

    @Test(arguments: seeds)
    func `nor are publishers that lose their connections, wait, and send again`(seed: UInt64) {
        var model = self.model(seed: seed)
        self.run(&model, steps: 12_000, Weather(churn: 40, cutPublisher: 8))
        let sums = self.sums(model)
        #expect(sums.gaps == 0)
        #expect(sums.duplicates > 0, "the model does something")
        self.expectTruth(model)
    }

    @Test(arguments: seeds)
    func `patience that runs out breaks no order and is no loss`(seed: UInt64) {
        var model = self.model(seed: seed, isEstablished: true)
        self.run(&model, steps: 15_000, Weather(cutPublisher: 10, reopen: 2, silence: 10))
        #expect(self.sums(model).gaps == 0)
        #expect(model.gaveUpCount > 10, "the model does something")
        self.expectTruth(model)
    }

    @Test(arguments: seeds)
    func `what is lost on the way is counted exactly`(seed: UInt64) {
        var model = self.model(seed: seed, isEstablished: true)
        self.run(&model, steps: 12_000, Weather(cutPublisher: 3, lose: 100))
        #expect(self.sums(model).gaps > 50, "the model does something")
        self.expectTruth(model)
    }

    @Test(arguments: seeds)
    func `what is published while a subscription is away is counted exactly`(seed: UInt64) {
        var model = self.model(seed: seed, isEstablished: true)
        self.run(&model, steps: 12_000, Weather(cutSubscriber: 8))
        let sums = self.sums(model)
        #expect(sums.gaps > 50 && sums.duplicates == 0 && sums.late == 0)
        self.expectTruth(model)
    }

    @Test(arguments: seeds)
    func `doubts, new epochs and absences together are counted exactly`(seed: UInt64) {
        var model = self.model(seed: seed, isEstablished: true)
        let weather = Weather(cutSubscriber: 6, cutPublisher: 6, reopen: 5, refuse: 30, lose: 10, silence: 6)
        self.run(&model, steps: 20_000, weather)
        #expect(self.sums(model).gaps > 50, "the model does something")
        #expect(model.gaveUpCount > 0 && model.refusedCount > 0, "the model does something")
        self.expectTruth(model)
    }

    @Test(arguments: seeds)
    func `whatever happens, order is kept and no more is counted than was lost`(seed: UInt64) {
        var model = self.model(seed: seed)
        let weather = Weather(
            churn: 30,
            cutSubscriber: 6,
            cutPublisher: 6,
            reopen: 8,
            refuse: 30,
            lose: 10,
            restart: 1,
            silence: 6
        )
        self.run(&model, steps: 20_000, weather)
        #expect(self.sums(model).delivered > 500 && model.gaveUpCount > 0, "the model does something")
        self.expectTruth(model)
    }

    @Test(arguments: seeds)
    func `also where nobody knows the time`(seed: UInt64) {
        var model = self.model(seed: seed, clockError: .max)
        self.run(&model, steps: 20_000, Weather(churn: 20, cutSubscriber: 6, reopen: 10, silence: 6))
        #expect(self.sums(model).gaps > 0, "the model does something")
        self.expectTruth(model)
    }
}
