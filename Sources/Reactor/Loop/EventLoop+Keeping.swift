// What is kept of what connections have sent, and counts in the bound of all loops. Inside.
extension EventLoop {
    /// Says how many bytes a connection's handler keeps of what it has received, such as a part of a message.
    package func setKept(_ bytes: Int, of connection: ConnectionHandle) {
        self.assertInside()
        guard self.slab.isOpen(connection) else { return }
        self.setHandlerKept(bytes, at: connection.slot)
    }

    /// Keeps bytes that were read and not used.
    ///
    /// - Returns: Those that were kept before.
    @discardableResult
    func keepUnread(_ bytes: [UInt8], at slot: UInt32) -> [UInt8] {
        let before = exchange(&self.slab[slot].unread, with: bytes)
        if bytes.count != before.count {
            self.keptChanged(by: bytes.count - before.count)
        }
        return before
    }

    /// Nothing is kept of a connection that ends.
    func forgetKept(at slot: UInt32) {
        if self.backlog.keptBytes > 0 {
            self.keepUnread([], at: slot)
            self.setHandlerKept(0, at: slot)
        }
    }

    private func setHandlerKept(_ bytes: Int, at slot: UInt32) {
        let before = self.backlog.keptByHandlers[slot] ?? 0
        guard bytes != before else { return }
        self.backlog.keptByHandlers[slot] = bytes == 0 ? nil : bytes
        self.keptChanged(by: bytes - before)
    }

    private func keptChanged(by bytes: Int) {
        self.backlog.keptBytes += bytes
        self.configuration.totalQueue?.addKept(bytes)
    }

    /// What a connection costs beyond its record, in bytes: its queue, and what is kept of what it sent.
    func heldBytes(of slot: UInt32) -> Int {
        let record = self.slab[slot]
        return (record.queue?.bytes ?? 0) + record.unread.count + (self.backlog.keptByHandlers[slot] ?? 0)
    }
}
