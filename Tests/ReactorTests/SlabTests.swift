import Testing

@testable import Reactor

struct SlabTests {
    @Test func `a record takes two cache lines`() {
        #expect(MemoryLayout<ConnectionRecord>.stride == 128)
        #expect(MemoryLayout<ConnectionRecord>.offset(of: \.bytesReceived) == 64)
    }

    @Test func `a place that was given back makes its old handles stale`() throws {
        let slab = try Slab(capacity: 4)
        let first = try #require(slab.open(descriptor: -1, at: 1))
        #expect(slab.isOpen(first))
        slab.close(first.slot)
        #expect(!slab.isOpen(first))
        let second = try #require(slab.open(descriptor: -1, at: 2))
        #expect(second.slot == first.slot)
        #expect(second.generation != first.generation)
        #expect(slab.isOpen(second) && !slab.isOpen(first))
    }

    @Test func `a full slab opens nothing, and again once a place is free`() throws {
        let slab = try Slab(capacity: 3)
        let handles = (0..<3).compactMap { _ in slab.open(descriptor: -1, at: 0) }
        #expect(handles.count == 3)
        #expect(slab.open(descriptor: -1, at: 0) == nil)
        slab.close(1)
        #expect(slab.open(descriptor: -1, at: 0)?.slot == 1)
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
        _ = slab.open(descriptor: -1, at: 0)
        #expect(!slab.isOpen(handle))
    }

    @Test func `a handle and its bits are the same`() {
        let handle = ConnectionHandle(slot: 0x1234_5678, generation: 0x9abc_def0)
        #expect(ConnectionHandle(bits: handle.bits) == handle)
    }

    @Test func `generations never come to those that mean no connection`() throws {
        let slab = try Slab(capacity: 1)
        let handle = try #require(slab.open(descriptor: -1, at: 0))
        slab[handle.slot].generation = .max - 1
        slab.close(handle.slot)
        #expect(slab.open(descriptor: -1, at: 0)?.generation == 1)
    }
}
