import Compression
import Foundation
import TestKit
import Testing

/// What the system's `gzip` reads out of `bytes`, up to where they end early if they do.
private func unpacked(_ bytes: [UInt8]) async throws -> [UInt8] {
    let folder = try TemporaryFolder()
    try folder.write(Data(bytes), to: "packed")
    let command = "gzip -dc < \(folder.file("packed")) > \(folder.file("unpacked"))"
    _ = try await ChildProcess.run("/bin/sh", ["-c", command])
    // `Data(contentsOf:)` leaks its buffer where a file is empty.
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: folder.file("unpacked")))
    return Array(try file.readToEnd() ?? Data())
}

private func metricsText(lines: Int) -> [UInt8] {
    Array((0..<lines).map { "atalaya_messages_sent_total{protocol=\"plain\"} \($0)\n" }.joined().utf8)
}

@Suite struct GzipStreamTests {
    @Test(arguments: [0, 1, 30, 4_000]) func `gzip reads what one shot wrote`(lines: Int) async throws {
        let text = metricsText(lines: lines)
        let packed = gzip(text.span)
        #expect(packed.starts(with: [0x1F, 0x8B, 0x08]))
        #expect(try await unpacked(packed) == text)
        if lines > 100 { #expect(packed.count < text.count / 5) }
    }

    @Test func `bytes that cannot be made smaller survive`() async throws {
        var random = SeededGenerator()
        let bytes = (0..<300_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        let packed = gzip(bytes.span, level: .fast)
        #expect(try await unpacked(packed) == bytes)
        #expect(packed.count < bytes.count + bytes.count / 100)
    }

    @Test func `a stream of pieces is one member`() async throws {
        var output: [UInt8] = []
        var expected: [UInt8] = []
        var stream = GzipStream()
        for count in [1, 0, 700, 3, 9_000] {
            let piece = metricsText(lines: count)
            expected += piece
            stream.write(piece.span, into: &output)
        }
        stream.finish(into: &output)
        #expect(try await unpacked(output) == expected)
    }

    @Test func `what was demanded readable can be read before the end`() async throws {
        var output: [UInt8] = []
        var stream = GzipStream()
        let first = metricsText(lines: 50)
        stream.write(first.span, readable: true, into: &output)
        #expect(try await unpacked(output) == first)
        let before = output.count
        stream.write(first.span.extracting(0..<0), readable: true, into: &output)
        #expect(output.count - before <= 16)
        stream.finish(into: &output)
        #expect(try await unpacked(output) == first)
    }
}
