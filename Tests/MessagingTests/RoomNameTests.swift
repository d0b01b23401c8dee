import Messaging
import Testing

@Suite struct RoomNameTests {
    @Test(arguments: ["a", "chat.lobby", "A-Z:0/9@x_y", String(repeating: "r", count: 200)])
    func `every byte of the documented alphabet may stand in a name`(_ text: String) throws {
        #expect(try RoomName(text).text == text)
        let bytes = Array(text.utf8)
        #expect(try RoomName(bytes.span).text == text)
    }

    @Test(arguments: [
        ("", RoomNameError.empty),
        (String(repeating: "r", count: 201), .tooLong(bytes: 201)),
        ("_canary", .reserved),
        ("a b", .badByte(0x20, at: 1)),
        ("caf\u{e9}", .badByte(0xC3, at: 3)),
        ("a\u{0}", .badByte(0, at: 1)),
        ("a,b", .badByte(0x2C, at: 1)),
        ("a;b", .badByte(0x3B, at: 1)),
    ])
    func `a name that is none says what is wrong`(_ text: String, _ fault: RoomNameError) {
        #expect(throws: fault) { try RoomName(text) }
    }

    @Test func `exactly the documented bytes are allowed`() {
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/@-".utf8)
        for byte in UInt8.min...UInt8.max {
            let bytes = [UInt8(ascii: "r"), byte]
            #expect(((try? RoomName(bytes.span)) != nil) == allowed.contains(byte), "byte \(byte)")
        }
    }
}
