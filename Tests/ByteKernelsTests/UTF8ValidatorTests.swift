import ByteKernels
import TestKit
import Testing

/// RFC 3629 section 4, rule by rule: how many bytes from the front can begin valid text, and whether it is whole.
private func naive(_ bytes: [UInt8]) -> (viable: Int, whole: Bool) {
    func tail(_ index: Int, _ range: ClosedRange<UInt8>) -> Bool? {
        index < bytes.count ? range.contains(bytes[index]) : nil
    }
    let any: ClosedRange<UInt8> = 0x80...0xBF
    var index = 0
    while index < bytes.count {
        let ranges: [ClosedRange<UInt8>]
        switch bytes[index] {
        case 0x00...0x7F: ranges = []
        case 0xC2...0xDF: ranges = [any]
        case 0xE0: ranges = [0xA0...0xBF, any]
        case 0xE1...0xEC, 0xEE...0xEF: ranges = [any, any]
        case 0xED: ranges = [0x80...0x9F, any]
        case 0xF0: ranges = [0x90...0xBF, any, any]
        case 0xF1...0xF3: ranges = [any, any, any]
        case 0xF4: ranges = [0x80...0x8F, any, any]
        default: return (index, false)
        }
        for (place, range) in ranges.enumerated() {
            switch tail(index + 1 + place, range) {
            case nil: return (bytes.count, false)
            case false?: return (index + 1 + place, false)
            case true?: break
            }
        }
        index += 1 + ranges.count
    }
    return (bytes.count, true)
}

/// Feeds pieces of at most `step` bytes; says how many bytes had been given when it was refused, else `nil`.
private func refusal(of bytes: [UInt8], step: Int) -> (after: Int?, complete: Bool) {
    var validator = UTF8Validator()
    var position = 0
    while position < bytes.count {
        let end = min(bytes.count, position + step)
        guard validator.accept(bytes.span.extracting(position..<end)) else { return (end, false) }
        position = end
    }
    return (nil, validator.isComplete)
}

@Suite struct UTF8ValidatorTests {
    @Test(
        arguments: [
            ([0xCE, 0xBA, 0xE1, 0xBD, 0xB9, 0xCF, 0x83, 0xCE, 0xBC, 0xCE, 0xB5], true),  // Autobahn 6.2.1
            ([0xF4, 0x8F, 0xBF, 0xBF], true),  // U+10FFFF
            ([0xEF, 0xBF, 0xBF], true),  // U+FFFF, a noncharacter, is text
            ([0xF4, 0x90, 0x80, 0x80], false),  // above U+10FFFF
            ([0xF8, 0x88, 0x80, 0x80, 0x80], false),  // five bytes
            ([0xC0, 0xAF], false), ([0xE0, 0x80, 0xAF], false), ([0xF0, 0x80, 0x80, 0xAF], false),  // overlong
            ([0xC1, 0xBF], false), ([0xE0, 0x9F, 0xBF], false), ([0xF0, 0x8F, 0xBF, 0xBF], false),
            ([0xED, 0xA0, 0x80], false), ([0xED, 0xBF, 0xBF], false),  // surrogates
            ([0xED, 0x9F, 0xBF], true), ([0xEE, 0x80, 0x80], true),  // their neighbours
            ([0x80], false), ([0xBF], false), ([0xFE], false), ([0xFF], false), ([0x41, 0x80], false),
        ] as [([UInt8], Bool)]
    ) func `the sequences of RFC 3629 and Autobahn 6`(bytes: [UInt8], valid: Bool) {
        #expect(isValidUTF8(bytes.span) == valid)
        for step in 1...6 {
            let (after, complete) = refusal(of: bytes, step: step)
            #expect((after == nil && complete) == valid, "step \(step)")
        }
    }

    @Test func `a cut code point is neither refused nor complete`() {
        let text = Array("añ€😀".utf8)
        for length in 0...text.count {
            let (after, complete) = refusal(of: Array(text[..<length]), step: 64)
            #expect(after == nil)
            #expect(complete == ([0, 1, 3, 6, 10].contains(length)))
        }
    }

    @Test func `text is refused with the very byte that cannot continue it, Autobahn 6-4`() {
        let bytes: [UInt8] = Array("κόσμε".utf8) + [0xF4, 0x90, 0x80, 0x80] + Array("edited".utf8)
        #expect(refusal(of: bytes, step: 1).after == 12)
        var validator = UTF8Validator()
        #expect(validator.accept(bytes.span.extracting(0..<11)) == true)
        #expect(validator.accept(bytes.span.extracting(11..<12)) == false)
    }

    @Test func `all sequences of two bytes, and mutated text in random pieces, agree with the naive reading`() {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                check([first, second], step: 1)
                check([first, second], step: 2)
            }
        }
        var random = SeededGenerator()
        let alphabet = Array("aé€😀\u{7FF}\u{800}\u{FFFF}\u{10000}\u{D7FF}\u{E000}".unicodeScalars)
        for _ in 0..<3_000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...24, using: &random) { text.append(alphabet.randomElement(using: &random)!) }
            var bytes = Array(String(text).utf8)
            if !bytes.isEmpty, Bool.random(using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            check(bytes, step: Int.random(in: 1...9, using: &random))
        }
    }

    /// `#expect` only where something is wrong: there are too many cases to note each.
    private func check(_ bytes: [UInt8], step: Int) {
        let (viable, whole) = naive(bytes)
        let (after, complete) = refusal(of: bytes, step: step)
        // Refused with the piece that holds the first impossible byte, not a piece later.
        let expected = viable == bytes.count ? nil : min(bytes.count, (viable / step + 1) * step)
        if after != expected || complete != whole || isValidUTF8(bytes.span) != whole {
            Issue.record("\(bytes) by \(step): refused after \(String(describing: after)), complete \(complete)")
        }
    }
}
