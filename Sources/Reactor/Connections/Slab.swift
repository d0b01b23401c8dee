import CLinux
import Instruments

/// All clients of one loop, side by side in memory that never moves.
///
/// The whole address range is reserved at once, and takes memory only where it is used. Freed places are used first, so
/// the range stays dense.
///
/// A place is free, then open, then closed, then free again. While it is closed, every handle to it is stale and it
/// cannot be reused: this is when its handler is told `closed`.
@safe
final class Slab {
    // Only the loop's thread reads and writes; the pages live as long as this object.
    let base: UnsafeMutablePointer<ConnectionRecord>
    let capacity: Int
    /// How many places were ever used: slots below this hold records, open or not.
    private(set) var used = 0
    /// How many places are open.
    private(set) var open = 0
    /// How many places are closed but not free yet.
    private(set) var closed = 0
    private var firstFree = Slab.none

    private static let none = UInt32.max

    init(capacity: Int) throws(ReactorError) {
        let bytes = capacity * MemoryLayout<ConnectionRecord>.stride
        guard let pages = unsafe linux_reserve_pages(bytes) else { throw .system(call: "mmap", errno: ENOMEM) }
        unsafe self.base = pages.bindMemory(to: ConnectionRecord.self, capacity: capacity)
        self.capacity = capacity
    }

    deinit {
        unsafe self.base.deinitialize(count: self.used)
        unsafe linux_release_pages(self.base, self.capacity * MemoryLayout<ConnectionRecord>.stride)
    }

    /// The record in a place that was used before.
    subscript(slot: UInt32) -> ConnectionRecord {
        @inline(__always)
        unsafeAddress {
            precondition(Int(slot) < self.used, "a slot was handed out by its slab")
            return unsafe UnsafePointer(self.base + Int(slot))
        }
        @inline(__always)
        unsafeMutableAddress {
            precondition(Int(slot) < self.used, "a slot was handed out by its slab")
            return unsafe self.base + Int(slot)
        }
    }

    /// Whether `connection` is still the open one in its place.
    @inline(__always)
    func isOpen(_ connection: ConnectionHandle) -> Bool {
        guard Int(connection.slot) < self.used else { return false }
        let record = unsafe self.base + Int(connection.slot)
        return unsafe record.pointee.generation == connection.generation && record.pointee.flags.contains(.open)
    }

    /// The connection whose socket an event is for; `nil` if that socket has left its place, whatever is there now.
    func owner(ofSocket generation: UInt32, in slot: UInt32) -> ConnectionHandle? {
        guard Int(slot) < self.used, self[slot].hasSocket, self[slot].socketGeneration == generation else { return nil }
        return ConnectionHandle(slot: slot, generation: self[slot].generation)
    }

    var isFull: Bool {
        self.firstFree == Slab.none && self.used == self.capacity
    }

    /// Opens a place, without a socket yet; `nil` if none is free.
    func open(at now: UInt64) -> ConnectionHandle? {
        let slot: UInt32
        if self.firstFree != Slab.none {
            slot = self.firstFree
            self.firstFree = self[slot].nextFree
            self[slot].nextFree = TimerWheel.none
        } else {
            guard self.used < self.capacity else { return nil }
            slot = UInt32(self.used)
            unsafe (self.base + self.used).initialize(to: ConnectionRecord(generation: 1, socketGeneration: 1))
            self.used += 1
        }
        self.open += 1
        self[slot].flags = .open
        self[slot].openedAt = now
        return ConnectionHandle(slot: slot, generation: self[slot].generation)
    }

    /// Ends the client of an open place: from now on all handles to it are stale, and so are events of its socket.
    ///
    /// The place stays taken until `free`.
    func close(_ slot: UInt32) {
        self[slot].removeSocket()
        let generation = self[slot].generation &+ 1
        self[slot] = ConnectionRecord(
            generation: generation == ConnectionRecord.notReady ? 1 : generation,
            socketGeneration: self[slot].socketGeneration
        )
        self.open -= 1
        self.closed += 1
    }

    /// Frees a closed place, so that it can be opened again.
    func free(_ slot: UInt32) {
        self[slot].nextFree = self.firstFree
        self.firstFree = slot
        self.closed -= 1
    }
}
