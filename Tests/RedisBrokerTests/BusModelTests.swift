import Messaging
import TestKit
import Testing

@testable import RedisBroker

/// Both sides of the bus against a model of it: what is counted is what was lost, and only that.
@Suite struct BusModelTests {
    private static let seeds = SeededGenerator.seeds(always: 1, 2, 3, 4, 5, 6)

    /// One random step of everything that goes on anyhow.
    private func step(_ model: inout BusModel) {
        let index = model.anyone()
        switch Int.random(in: 0..<12, using: &model.random) {
        case 0...1: model.publish(model.rooms.randomElement(using: &model.random)!, from: index)
        case 2: model.announce(index)
        case 3...4: model.serveSubscriber(index)
        case 5...6: model.servePublisher(index)
        case 7...9: model.read(index)
        case 10: model.readAnswer(index)
        default: model.examine(index)
        }
    }

    private func churn(_ model: inout BusModel) {
        let room = model.rooms.randomElement(using: &model.random)!
        let isWanted = model.chance(55)
        model.want(isWanted, room, at: model.anyone())
    }

    @Test(arguments: seeds)
    func `rooms that come and go are never counted as loss`(seed: UInt64) {
        print("seed \(seed)")
        var model = BusModel(instances: 3, rooms: 4, seed: seed)
        for _ in 0..<10_000 {
            if model.chance(8) {
                self.churn(&model)
            }
            self.step(&model)
        }
        model.settle()
        self.expectNothingCounted(model)
        #expect(
            model.instances.allSatisfy { $0.delivered.values.map(\.count).reduce(0, +) > 100 },
            "the model does something"
        )
    }

    @Test(arguments: seeds)
    func `nor are publishers that lose their connections and tell it`(seed: UInt64) {
        print("seed \(seed)")
        var model = BusModel(instances: 3, rooms: 4, seed: seed)
        for _ in 0..<10_000 {
            if model.chance(4) {
                self.churn(&model)
            }
            if model.chance(2) {
                model.cutPublisher(model.anyone())
            }
            self.step(&model)
        }
        model.settle()
        self.expectNothingCounted(model)
    }

    /// Rooms that are wanted all the time, in which every origin has been heard.
    private func established(instances: Int, rooms: Int, seed: UInt64) -> BusModel {
        var model = BusModel(instances: instances, rooms: rooms, seed: seed)
        for index in model.instances.indices {
            for room in model.rooms {
                model.want(true, room, at: index)
            }
        }
        model.settle()
        for index in model.instances.indices {
            for room in model.rooms {
                model.publish(room, from: index)
            }
        }
        model.settle()
        return model
    }

    @Test(arguments: seeds)
    func `what is lost or doubled on the way is counted exactly`(seed: UInt64) {
        print("seed \(seed)")
        var model = self.established(instances: 3, rooms: 3, seed: seed)
        var lost = [0, 0, 0] as [UInt64]
        var doubled = [0, 0, 0] as [UInt64]
        for _ in 0..<8_000 {
            self.step(&model)
            let index = model.anyone()
            model.servePublisher(
                index,
                lose: { model, receiver, _, _ in
                    let isLost = model.chance(10)
                    lost[receiver] += isLost ? 1 : 0
                    return isLost
                },
                double: { model, receiver, _, _ in
                    let isDoubled = model.chance(10)
                    doubled[receiver] += isDoubled ? 1 : 0
                    return isDoubled
                }
            )
        }
        model.settle()
        #expect(model.instances.map(\.gaps) == lost)
        #expect(model.instances.map(\.duplicates) == doubled)
        #expect(lost.allSatisfy { $0 > 50 } && doubled.allSatisfy { $0 > 50 }, "the model does something")
    }

    @Test(arguments: seeds)
    func `what is published while a subscription is away is counted exactly`(seed: UInt64) {
        print("seed \(seed)")
        var model = self.established(instances: 3, rooms: 3, seed: seed)
        for _ in 0..<8_000 {
            self.step(&model)
            let index = model.anyone()
            if model.chance(1) {
                model.cutSubscriber(index)
            } else if model.chance(4) {
                model.reopenSubscriber(index)
            }
        }
        model.settle()
        let taken = UInt64(model.taken.values.map(\.count).reduce(0, +))
        for instance in model.instances {
            let delivered = UInt64(instance.delivered.values.map(\.count).reduce(0, +))
            #expect(instance.gaps == taken - delivered)
            #expect(instance.gaps > 0 && instance.duplicates == 0)
        }
    }

    @Test(arguments: seeds)
    func `whatever happens, no more is counted than was lost, and order is kept`(seed: UInt64) {
        print("seed \(seed)")
        var model = BusModel(instances: 3, rooms: 4, seed: seed)
        for _ in 0..<10_000 {
            if model.chance(6) {
                self.churn(&model)
            }
            let index = model.anyone()
            switch Int.random(in: 0..<200, using: &model.random) {
            case 0...1: model.cutSubscriber(index)
            case 2...9: model.reopenSubscriber(index)
            case 10: model.cutPublisher(index)
            default: break
            }
            self.step(&model)
        }
        model.settle()
        let taken = UInt64(model.taken.values.map(\.count).reduce(0, +))
        for instance in model.instances {
            let delivered = UInt64(instance.delivered.values.map(\.count).reduce(0, +))
            #expect(instance.gaps <= taken - delivered)
            #expect(instance.duplicates == 0)
        }
        self.expectOrder(model)
    }

    private func expectNothingCounted(_ model: BusModel) {
        #expect(model.instances.map(\.gaps).allSatisfy { $0 == 0 })
        #expect(model.instances.map(\.duplicates).allSatisfy { $0 == 0 })
        self.expectOrder(model)
    }

    /// What was delivered is a part of what Redis took, in the same order.
    private func expectOrder(_ model: BusModel) {
        for instance in model.instances {
            for (room, stamps) in instance.delivered {
                let places = Dictionary(uniqueKeysWithValues: (model.taken[room] ?? []).enumerated().map { ($1, $0) })
                let order = stamps.compactMap { places[$0] }
                #expect(order == order.sorted() && order.count == stamps.count)
            }
        }
    }
}
