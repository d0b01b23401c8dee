import Foundation
import Glibc
import Instruments

/// Another program, run to its end or to the end of the test.
///
/// No thread that runs tests waits for it. It starts with no signal blocked or ignored, whatever thread starts it.
/// Foundation's `Process` passes on the mask of dispatch's threads, which blocks SIGTERM.
package final class ChildProcess: Sendable {
    package struct Ending: Sendable {
        package let output: String
        package let errors: String
        /// As in a shell: 128 plus the signal if one ended it.
        package let code: Int32

        package var errorLines: [String] { self.errors.split(separator: "\n").map(String.init) }
    }

    /// Its output, in pieces, until it ends.
    package let output: AsyncStream<String>
    package let errors: AsyncStream<String>
    private let identifier: pid_t
    private let codes: AsyncStream<Int32>
    /// Once it is reaped, its identifier may belong to another process.
    private let isReaped = Lock(false)

    /// Starts it, for as long as this object lives.
    ///
    /// - Parameter environment: Added to the test's own environment without `ATALAYA_…`.
    package init(_ executable: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("ATALAYA_") }
        let variables = inherited.merging(environment) { $1 }.map { "\($0)=\($1)" }
        let (output, outputEnd) = try Self.pipe()
        let (errors, errorsEnd) = try Self.pipe()
        defer {
            close(outputEnd)
            close(errorsEnd)
        }
        let identifier = Self.spawn(executable, [executable] + arguments, variables, outputEnd, errorsEnd)
        self.output = Self.texts(from: output)
        self.errors = Self.texts(from: errors)
        let (codes, code) = AsyncStream<Int32>.makeStream()
        self.codes = codes
        self.identifier = identifier ?? 0
        guard let identifier else {
            self.isReaped.withLock { $0 = true }
            throw CocoaError(.executableNotLoadable)
        }
        let isReaped = self.isReaped
        Thread.detachNewThread {
            // Looks without reaping, so that the identifier stays valid until the flag is set.
            var information = unsafe siginfo_t()
            while unsafe waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
            var status: Int32 = 0
            isReaped.withLock { isReaped in
                isReaped = true
                _ = unsafe waitpid(identifier, &status, 0)
            }
            code.yield(status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + status & 0x7F)
            code.finish()
        }
    }

    deinit {
        self.signal(SIGKILL)
    }

    package func signal(_ number: Int32) {
        self.isReaped.withLock { isReaped in
            if !isReaped {
                kill(self.identifier, number)
            }
        }
    }

    /// Waits until it ends; may be called once, by one task.
    package func code() async -> Int32 {
        for await code in self.codes {
            return code
        }
        return -1
    }

    /// Runs a program until it ends.
    package static func run(
        _ executable: String,
        _ arguments: [String],
        environment: [String: String] = [:]
    ) async throws -> Ending {
        let child = try ChildProcess(executable, arguments, environment: environment)
        async let output = child.output.reduce("", +)
        async let errors = child.errors.reduce("", +)
        return await Ending(output: output, errors: errors, code: child.code())
    }

    /// The two ends of a stream; no other child started meanwhile inherits them.
    private static func pipe() throws -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [0, 0]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw CocoaError(.fileReadUnknown) }
        return (ends[0], ends[1])
    }

    /// Closes the descriptor when done.
    private static func texts(from descriptor: Int32) -> AsyncStream<String> {
        let (texts, continuation) = AsyncStream<String>.makeStream()
        Thread.detachNewThread {
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = unsafe read(descriptor, &buffer, buffer.count)
                guard count > 0 else { break }
                continuation.yield(String(decoding: buffer.prefix(count), as: UTF8.self))
            }
            close(descriptor)
            continuation.finish()
        }
        return texts
    }

    private static func spawn(
        _ executable: String,
        _ arguments: [String],
        _ environment: [String],
        _ output: Int32,
        _ errors: Int32
    ) -> pid_t? {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, errors, 2)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        unsafe sigemptyset(&none)
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let argumentPointers = unsafe arguments.map { unsafe strdup($0) } + [nil]
        let environmentPointers = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer {
            let pointers = unsafe argumentPointers + environmentPointers
            for index in unsafe pointers.indices {
                unsafe free(pointers[index])
            }
        }
        var identifier: pid_t = 0
        let failure = unsafe posix_spawn(
            &identifier,
            executable,
            &actions,
            &attributes,
            argumentPointers,
            environmentPointers
        )
        return failure == 0 ? identifier : nil
    }
}
