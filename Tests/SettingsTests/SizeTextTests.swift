import Testing

@testable import Settings

@Suite struct SizeTextTests {
    @Test(arguments: [
        ("0", 0), ("1024", 1024), ("1000B", 1000), ("64KiB", 65536), ("1MiB", 1_048_576), ("2GiB", 2_147_483_648),
        ("1TiB", 1_099_511_627_776), ("-1", -1),
    ])
    func `sizes are read`(text: String, bytes: Int) {
        #expect(SizeText.parse(text) == bytes)
    }

    @Test(arguments: ["", "MiB", "1MB", "1kib", "1 MiB", "1M", "1.5MiB", "1e6", "0x10", "1_000", "+1", "1MiB "])
    func `what is no size is not guessed at`(text: String) {
        #expect(SizeText.parse(text) == nil)
    }

    @Test(arguments: ["9223372036854775807KiB", "99999999999999999999", "8388608TiB"])
    func `a size that does not fit is the largest there is`(text: String) {
        #expect(SizeText.parse(text) == Int.max)
        #expect(SizeText.parse("-" + text).map { $0 <= -Int.max } == true)
    }

    @Test(arguments: [(0, "0"), (1000, "1000"), (1024, "1KiB"), (1536, "1536"), (1 << 20, "1MiB"), (3 << 30, "3GiB")])
    func `sizes are shown in the largest unit that divides them`(bytes: Int, text: String) {
        #expect(SizeText.show(bytes) == text)
        #expect(SizeText.parse(text) == bytes)
    }
}
