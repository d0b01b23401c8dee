/// Answers the questions of the fleet, this instance's own among them.
package protocol FleetResponder: Sendable {
    /// Answers one question.
    ///
    /// Called in a task of its own, several at once. Whoever takes longer than `FleetLimits.patience` is cancelled and
    /// not listened to any more. A question that commands has been proven to come from the fleet.
    func answer(_ question: FleetQuestion) async -> FleetReply
}

/// The responder of an instance that has nothing to say.
package struct SilentResponder: FleetResponder {
    package init() {}

    package func answer(_ question: FleetQuestion) async -> FleetReply {
        .refused(.notSupported)
    }
}
