import Crypto
import Testing

@testable import Messaging

@Suite struct FleetSealTests {
    private static let message = FleetMessage(
        origin: BusOrigin(high: 1, low: 2),
        instance: "one",
        nonce: FleetNonce(high: 3, low: 4),
        sentAt: 5,
        content: .question(subject: "close", body: Array("alice".utf8))
    )

    private static func seal(_ secret: String?, _ channel: String = "a:_fleet") -> FleetSeal {
        FleetSeal(key: secret.map { FleetKey(secret: $0) }, channel: channel, limits: FleetLimits())
    }

    private static func rejection(_ seal: FleetSeal, _ bytes: [UInt8]) -> FleetRejection? {
        do throws(FleetRejection) {
            _ = try seal.open(bytes.span)
            return nil
        } catch {
            return error
        }
    }

    @Test func `what is signed with the same key is opened`() throws {
        let bytes = Self.seal("secret").sealed(Self.message)
        let opened = try Self.seal("secret").open(bytes.span)
        #expect(opened.message == Self.message)
        #expect(opened.isSigned)
    }

    @Test func `another key, another channel or no signature is none`() {
        let seal = Self.seal("secret")
        #expect(Self.rejection(seal, Self.seal("other").sealed(Self.message)) == .badSignature)
        #expect(Self.rejection(seal, Self.seal("secret", "b:_fleet").sealed(Self.message)) == .badSignature)
        #expect(Self.rejection(seal, Self.seal(nil).sealed(Self.message)) == .unsigned)
    }

    @Test func `without a key nothing counts as signed`() throws {
        for sealed in [Self.seal("secret").sealed(Self.message), Self.seal(nil).sealed(Self.message)] {
            let opened = try Self.seal(nil).open(sealed.span)
            #expect(opened.message == Self.message)
            #expect(!opened.isSigned)
        }
    }

    @Test func `a key derived from the management token is neither the token nor the secret of that text`() {
        let token = FleetSeal(key: FleetKey(managementToken: "secret"), channel: "a:_fleet", limits: FleetLimits())
        #expect(Self.rejection(Self.seal("secret"), token.sealed(Self.message)) == .badSignature)
        #expect(Self.rejection(token, token.sealed(Self.message)) == nil)
    }

    @Test func `any bit that is changed is noticed`() {
        let seal = Self.seal("secret")
        let bytes = seal.sealed(Self.message)
        for index in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << bit
                #expect(Self.rejection(seal, changed) != nil, "bit \(bit) of byte \(index)")
            }
        }
    }

    @Test func `any end that is cut off or added is noticed`() {
        let seal = Self.seal("secret")
        let bytes = seal.sealed(Self.message)
        for count in bytes.indices {
            #expect(Self.rejection(seal, Array(bytes[..<count])) != nil, "\(count) bytes")
        }
        #expect(Self.rejection(seal, bytes + [0]) == .badSignature)
    }

    @Test func `what is no message of this version is unreadable, whoever signed it`() {
        let magic = EnvelopeFormat.magic
        let long = magic + [EnvelopeFormat.version, 0] + [UInt8](repeating: 1, count: FleetLimits().messageBytes)
        let notOurs = [[], Array("garbage".utf8), magic, magic + [1], magic + [2, 0, 0], magic + [2, 2, 0], long]
        for bytes in notOurs {
            #expect(Self.rejection(Self.seal(nil), bytes) == .unreadable)
            #expect(Self.rejection(Self.seal("secret"), bytes) == .unreadable)
        }
        var signed = magic + [EnvelopeFormat.version, EnvelopeFlags.signed.rawValue, 0]
        #expect(Self.rejection(Self.seal("secret"), signed) == .unreadable)
        signed += FleetKey(secret: "secret").hmac.signature(of: (Array("a:_fleet".utf8) + [0] + signed).span)
        #expect(Self.rejection(Self.seal("secret"), signed) == .unreadable)
    }
}
