/// Answers the questions of the fleet, including this instance's own.
package protocol FleetResponder: Sendable {
    /// Answers one question.
    ///
    /// Called in a separate task, several at once. If it takes longer than `FleetLimits.patience`, it is cancelled and
    /// its answer is ignored. A command has been proven to come from the fleet.
    func answer(_ question: FleetQuestion) async -> FleetReply
}

/// The responder of an instance that has nothing to say.
package struct SilentResponder: FleetResponder {
    package init() {}

    package func answer(_ question: FleetQuestion) async -> FleetReply {
        .refused(.notSupported)
    }
}
