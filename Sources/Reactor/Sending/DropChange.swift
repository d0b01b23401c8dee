/// The beginning and the end of a time in which a connection loses room frames, because they do not fit its send queue.
///
/// It ends when the queue is empty.
package enum DropChange: Equatable, Sendable {
    /// `source` names the room of the first frame lost.
    case began(source: UInt32)
    case ended(frames: UInt64, after: Duration)
}
