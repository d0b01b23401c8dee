import Instruments
import Messaging
import Testing

@Suite struct CloseReasonTests {
    /// The table of endings as it is promised: label and code.
    static let promised: [(String, UInt16?)] = [
        ("normal", 1000), ("going_away", 1001), ("drain", 1012), ("idle", 4408), ("ping_timeout", 4408),
        ("handshake_timeout", 4408), ("slow_consumer", 4413), ("unauthenticated", 4401), ("auth_expired", 4401),
        ("forbidden", 4403), ("replaced", 4409), ("policy", 1008), ("rate_limited", 4429), ("overloaded", 1013),
        ("protocol_error", 1002), ("too_big", 1009), ("admin", 1008), ("error", 1011), ("abnormal", nil),
    ]

    @Test func `the list of endings is closed and says what is promised`() {
        let all = CloseReason.allCases.map { ($0.label, $0.webSocketCode) }
        #expect(all.count == Self.promised.count)
        for (ours, promised) in zip(all, Self.promised) {
            #expect(ours == promised)
        }
    }

    @Test(
        arguments: [(1001, "going_away"), (1000, "normal"), (nil, "normal"), (4000, "normal")] as [(UInt16?, String)]
    )
    func `a close that the client began keeps its code`(_ code: UInt16?, _ label: String) {
        let ending = Ending.byClient(code: code)
        #expect(ending.reason.label == label)
        #expect(ending.code == code ?? 1000)
        #expect(ending.initiator == .client)
    }

    @Test func `vocabularies count from 0 without gaps, so that they can index`() {
        func holds<Word: Vocabulary>(_ type: Word.Type) -> Bool {
            type.allCases.enumerated().allSatisfy { $0.offset == Int($0.element.rawValue) }
                && Set(type.allCases.map(\.label)).count == type.allCases.count
        }
        #expect(holds(CloseReason.self))
        #expect(holds(DeliveryOutcome.self))
        #expect(holds(ErrorCode.self))
        #expect(holds(RejectionReason.self))
        #expect(holds(ProtocolName.self))
        #expect(holds(TransportName.self))
        #expect(holds(Initiator.self))
        #expect(holds(CommandName.self))
        #expect(holds(LogLevel.self))
    }
}
