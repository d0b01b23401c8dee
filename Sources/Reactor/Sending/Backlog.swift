/// The connections of a loop that have something queued, and how much.
struct Backlog {
    /// Slots in no particular order; each queue knows its place here.
    var slots: [UInt32] = []
    var bytes = 0
    /// What connections have sent and nobody has used yet: bytes not read on, and parts of messages.
    var keptBytes = 0
    /// How much of that handlers keep, by the slots of the few for whom they do.
    var keptByHandlers: [UInt32: Int] = [:]
    /// When the queues' ages and the shared bound are checked next; never while nothing is queued.
    var nextUpkeep = UInt64.max
    /// The number of the parcel taken last, of all queues of the loop.
    var lastParcel: UInt64 = 0
    /// Whether publications should wait.
    var hasPressure = false
}
