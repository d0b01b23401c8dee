import Instruments
import Messaging
import Testing

@Suite struct CloseReasonTests {
    /// The table of endings as it is promised: label, code, advice.
    static let promised: [(String, UInt16?, CloseAdvice)] = [
        ("normal", 1000, .none), ("going_away", 1001, .none), ("drain", 1012, .reconnect),
        ("idle", 4408, .reconnect), ("ping_timeout", 4408, .reconnect), ("handshake_timeout", 4408, .reconnect),
        ("slow_consumer", 4413, .reconnect), ("unauthenticated", 4401, .bringNewToken),
        ("auth_expired", 4401, .bringNewToken), ("forbidden", 4403, .stayAway), ("replaced", 4409, .stayAway),
        ("policy", 1008, .stayAway), ("rate_limited", 4429, .later), ("overloaded", 1013, .later),
        ("protocol_error", 1002, .mendClient), ("too_big", 1009, .mendClient), ("admin", 1008, .asTold),
        ("error", 1011, .reconnect), ("abnormal", nil, .reconnect),
    ]

    @Test func `the list of endings is closed and says what is promised`() {
        let all = CloseReason.allCases.map { ($0.label, $0.webSocketCode, $0.advice) }
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
