/// The connections of a loop that have anything queued, and how much that is.
struct Backlog {
    /// Slots in no order; each queue knows its place here.
    var slots: [UInt32] = []
    var bytes = 0
    /// When the queues' ages and the shared bound are looked at again; never while there is nothing to look at.
    var nextUpkeep = UInt64.max
    /// The number of the parcel taken last, of all queues of the loop.
    var lastParcel: UInt64 = 0
    /// Whether publications should wait.
    var hasPressure = false
}
