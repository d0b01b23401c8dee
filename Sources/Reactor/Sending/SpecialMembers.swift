/// The members in one call of `deliver` that get more than one batch, or not every frame of a batch.
///
/// They are found by a mark in their records. A call with one delivery that excludes nobody has no special members and
/// marks nothing: there a member costs one comparison. In any other call every member's record is marked first, in one
/// more pass. Each special member has a chain of notes, in the order of deliveries: that it gets one, or that it does
/// not get a frame of one.
struct SpecialMembers {
    private struct Member {
        let connection: ConnectionHandle
        let firstNote: Int
        var lastNote: Int
    }

    private struct Note {
        let delivery: Int
        /// The excluded frame; -1 if the note says that the member gets the delivery.
        let excluded: Int
        var next = -1
    }

    private static let isSpecial: UInt32 = 1 << 31

    private var members: [Member] = []
    private var notes: [Note] = []
    /// The frames of each delivery in one piece; empty ones have no note.
    private var whole: [FramePiece] = []

    /// Marks the members' records with the number of the call.
    init(of deliveries: [Delivery], number: UInt32, in slab: Slab) {
        guard deliveries.count > 1 || deliveries.contains(where: { !$0.exclusions.isEmpty }) else { return }
        self.whole = deliveries.map { FramePiece($0.batch.frames, 0, $0.batch.frameCount, source: $0.source) }
        for (index, delivery) in deliveries.enumerated() where delivery.batch.frameCount > 0 {
            for (connection, frame) in delivery.exclusions where frame >= 0 && slab.isOpen(connection) {
                if !slab.isMarked(connection, number) {
                    slab[connection.slot].deliveryMark = number
                    slab[connection.slot].deliveryPlace = self.addMember(connection)
                } else if !slab.isSpecial(connection, number) {
                    self.promote(connection, in: slab)
                }
                self.note(Note(delivery: index, excluded: frame), for: connection, in: slab)
            }
            for member in delivery.members where slab.isOpen(member) {
                if !slab.isMarked(member, number) {
                    slab[member.slot].deliveryMark = number
                    slab[member.slot].deliveryPlace = UInt32(index)
                    continue
                }
                if !slab.isSpecial(member, number) {
                    self.promote(member, in: slab)
                }
                self.note(Note(delivery: index, excluded: -1), for: member, in: slab)
            }
        }
    }

    /// Whether the record's connection is special in the call with this number.
    @inline(__always)
    static func contains(_ record: UnsafeMutablePointer<ConnectionRecord>, _ number: UInt32) -> Bool {
        unsafe record.pointee.deliveryMark == number && record.pointee.deliveryPlace >= self.isSpecial
    }

    var count: Int {
        self.members.count
    }

    func connection(_ place: Int) -> ConnectionHandle {
        self.members[place].connection
    }

    /// What one of them gets, and what it does not get because it is its own.
    func resolve(_ place: Int, into pieces: inout [FramePiece], leavingOut own: inout [FramePiece]) {
        pieces.removeAll(keepingCapacity: true)
        own.removeAll(keepingCapacity: true)
        var excluded: [Int] = []
        var next = self.members[place].firstNote
        while next >= 0 {
            let note = self.notes[next]
            next = note.next
            if note.excluded < 0, excluded.isEmpty {
                pieces.append(self.whole[note.delivery])
            } else if note.excluded < 0 {
                self.add(self.whole[note.delivery], without: excluded, to: &pieces, leavingOut: &own)
            } else if !excluded.contains(note.excluded) {
                excluded.append(note.excluded)
            }
            // Frames excluded from a delivery that does not include the member do not matter.
            if next >= 0, self.notes[next].delivery != note.delivery {
                excluded = []
            }
        }
    }

    /// Adds a delivery's frames as pieces, each as long as possible.
    private func add(
        _ whole: FramePiece,
        without excluded: [Int],
        to pieces: inout [FramePiece],
        leavingOut own: inout [FramePiece]
    ) {
        var first = 0
        for frame in excluded.sorted() where frame < whole.end {
            if first < frame {
                pieces.append(FramePiece(whole.storage, first, frame, source: whole.source))
            }
            first = frame + 1
            own.append(FramePiece(whole.storage, frame, frame + 1, source: whole.source))
        }
        if first < whole.end {
            pieces.append(FramePiece(whole.storage, first, whole.end, source: whole.source))
        }
    }

    /// A member of one delivery is also in another one: its first delivery becomes a note.
    private mutating func promote(_ connection: ConnectionHandle, in slab: Slab) {
        let first = Int(slab[connection.slot].deliveryPlace)
        slab[connection.slot].deliveryPlace = self.addMember(connection)
        self.note(Note(delivery: first, excluded: -1), for: connection, in: slab)
    }

    private mutating func addMember(_ connection: ConnectionHandle) -> UInt32 {
        self.members.append(Member(connection: connection, firstNote: self.notes.count, lastNote: -1))
        return SpecialMembers.isSpecial | UInt32(self.members.count - 1)
    }

    private mutating func note(_ note: Note, for connection: ConnectionHandle, in slab: Slab) {
        let member = Int(slab[connection.slot].deliveryPlace & ~SpecialMembers.isSpecial)
        let last = self.members[member].lastNote
        if last >= 0 {
            self.notes[last].next = self.notes.count
        }
        self.members[member].lastNote = self.notes.count
        self.notes.append(note)
    }
}

extension Slab {
    fileprivate func isMarked(_ connection: ConnectionHandle, _ number: UInt32) -> Bool {
        self[connection.slot].deliveryMark == number
    }

    /// Whether an open connection is special in the call with this number.
    func isSpecial(_ connection: ConnectionHandle, _ number: UInt32) -> Bool {
        let record = unsafe self.base + Int(connection.slot)
        return unsafe SpecialMembers.contains(record, number)
    }
}
