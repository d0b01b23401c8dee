import Messaging
import Testing

@Suite struct UserIDTests {
    private let connection = ConnectionID(ULID(high: 1_469_918_176_385 << 16, low: 77))

    @Test func `an anonymous user is the same however its id was made`() throws {
        let made = UserID(anonymous: self.connection)
        #expect(made.text == "anon-" + self.connection.text)
        #expect(try UserID(made.text) == made)
        #expect(Set([made, try UserID(made.text)]).count == 1)
        #expect(made.anonymous == self.connection)
    }

    @Test(arguments: ["alice", "anon-", "anon-x", "anon-01aryz6s410000000000000000", "Anon-01ARYZ6S410000000000000000"])
    func `every other text is kept as it is`(_ text: String) throws {
        #expect(try UserID(text).text == text)
        #expect(try UserID(text).anonymous == nil)
    }

    @Test(arguments: [
        ("", UserIDError.empty), (String(repeating: "a", count: 257), .tooLong(bytes: 257)),
        ("a\u{7}", .controlCharacter),
        ("_canary", .reserved),
    ])
    func `what is no user id is refused`(_ text: String, _ error: UserIDError) {
        #expect(throws: error) { try UserID(text) }
    }
}
