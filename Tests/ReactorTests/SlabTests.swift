import Testing

@testable import Reactor

struct SlabTests {
    @Test func `a record takes two cache lines`() {
        #expect(MemoryLayout<ConnectionRecord>.stride == 128)
        #expect(MemoryLayout<ConnectionRecord>.offset(of: \.bytesReceived) == 64)
    }

    @Test func `a place that was closed has stale handles at once, and is opened again only when it is free`() throws {
        let slab = try Slab(capacity: 4)
        let first = try #require(slab.open(at: 1))
        #expect(slab.isOpen(first))
        slab.close(first.slot)
        #expect(!slab.isOpen(first))
        #expect(slab.open == 0 && slab.closed == 1)
        #expect(slab.open(at: 2)?.slot != first.slot)
        slab.free(first.slot)
        #expect(slab.closed == 0)
        let second = try #require(slab.open(at: 2))
        #expect(second.slot == first.slot)
        #expect(second.generation != first.generation)
        #expect(slab.isOpen(second) && !slab.isOpen(first))
    }

    @Test func `a full slab opens nothing, and again once a place is free`() throws {
        let slab = try Slab(capacity: 3)
        let handles = (0..<3).compactMap { _ in slab.open(at: 0) }
        #expect(handles.count == 3)
        #expect(slab.open(at: 0) == nil)
        slab.close(1)
        #expect(slab.isFull)
        #expect(slab.open(at: 0) == nil)
        slab.free(1)
        #expect(!slab.isFull)
        #expect(slab.open(at: 0)?.slot == 1)
        #expect(slab.open == 3)
    }

    @Test(arguments: [
        ConnectionHandle(bits: 0), ConnectionHandle(slot: 0, generation: 0),
        ConnectionHandle(slot: 0, generation: .max), ConnectionHandle(slot: .max, generation: 1),
        ConnectionHandle(slot: 0, generation: 2),
    ])
    func `a handle that was never handed out is refused`(handle: ConnectionHandle) throws {
        let slab = try Slab(capacity: 2)
        #expect(!slab.isOpen(handle))
        _ = slab.open(at: 0)
        #expect(!slab.isOpen(handle))
    }

    @Test func `a handle and its bits are the same`() {
        let handle = ConnectionHandle(slot: 0x1234_5678, generation: 0x9abc_def0)
        #expect(ConnectionHandle(bits: handle.bits) == handle)
    }

    @Test func `generations never come to those that mean no connection`() throws {
        let slab = try Slab(capacity: 1)
        let handle = try #require(slab.open(at: 0))
        slab[handle.slot].generation = .max - 1
        slab.close(handle.slot)
        slab.free(handle.slot)
        #expect(slab.open(at: 0)?.generation == 1)
    }

    @Test func `an event has an owner while its socket is attached, and no longer`() throws {
        let slab = try Slab(capacity: 2)
        let client = try #require(slab.open(at: 0))
        let first = slab[client.slot].socketGeneration
        #expect(slab.owner(ofSocket: first, in: client.slot) == nil)
        slab[client.slot].setSocket(7, interest: Poller.readable)
        #expect(slab.owner(ofSocket: first, in: client.slot) == client)
        slab[client.slot].removeSocket()
        #expect(slab.owner(ofSocket: first, in: client.slot) == nil)
        slab[client.slot].setSocket(8, interest: Poller.readable)
        let second = slab[client.slot].socketGeneration
        #expect(slab.owner(ofSocket: first, in: client.slot) == nil)
        #expect(slab.owner(ofSocket: second, in: client.slot) == client)
        slab.close(client.slot)
        slab.free(client.slot)
        let next = try #require(slab.open(at: 1))
        slab[next.slot].setSocket(9, interest: Poller.readable)
        #expect(next.slot == client.slot)
        #expect(slab.owner(ofSocket: first, in: next.slot) == nil)
        #expect(slab.owner(ofSocket: second, in: next.slot) == nil)
        #expect(slab.owner(ofSocket: second, in: 1) == nil)
    }

    @Test(arguments: [
        EventSource.mailbox, .listener(number: 1), .listener(number: .max), .socket(slot: 0, generation: 1),
        .socket(slot: .max, generation: .max),
    ])
    func `what an event is of comes back from its token`(source: EventSource) {
        #expect(EventSource(token: source.token) == source)
    }
}
